import { isRecord } from '../core/shape.js';

/** What is to be filled in. */
export interface RecipeParameter {
  kind: 'text' | 'number' | 'duration' | 'amount';
  about: string;
  /** What the cookbook uses; taken where nothing is given. */
  default: string | number;
}

/** A rule of the cookbook with places to fill in: `{ "$": "name of a parameter" }`. */
export interface Recipe {
  key: string;
  title: string;
  about: string;
  parameters: Readonly<Record<string, RecipeParameter>>;
  template: unknown;
}

export interface ParameterProblem {
  name: string;
  problem: string;
  expected: string;
}

/** The rule of a recipe with its places filled in; what they are filled with is judged like any rule. */
export function filledIn({ template, parameters }: Recipe, given: Readonly<Record<string, unknown>>): unknown {
  return fill(template, (name) => (given[name] === undefined ? parameters[name]!.default : given[name]));
}

/** Parameters that are unknown or no plain values. */
export function parameterProblems(recipe: Recipe, given: Readonly<Record<string, unknown>>): ParameterProblem[] {
  return Object.entries(given).flatMap(([name, value]): ParameterProblem[] => {
    const parameter = Object.hasOwn(recipe.parameters, name) ? recipe.parameters[name] : undefined;
    if (!parameter) {
      const expected = `one of ${Object.keys(recipe.parameters).join(', ')}`;
      return [{ name, problem: `the recipe "${recipe.key}" has no such parameter`, expected }];
    }
    const isRight = typeof value === 'number' || (typeof value === 'string' && value !== '');
    return isRight ? [] : [{ name, problem: 'it is neither a text nor a number', expected: `a ${parameter.kind}` }];
  });
}

/** The parameter that fills the place of a recipe's rule that a JSON pointer leads to, if one does. */
export function parameterAt({ template }: Recipe, pointer: string): string | undefined {
  let node = template;
  for (const step of pointer.split('/').slice(1)) node = (node as Record<string, unknown> | undefined)?.[step];
  return isRecord(node) && typeof node.$ === 'string' ? node.$ : undefined;
}

function fill(node: unknown, valueOf: (name: string) => unknown): unknown {
  if (Array.isArray(node)) return node.map((one) => fill(one, valueOf));
  if (!isRecord(node)) return node;
  if (typeof node.$ === 'string') return valueOf(node.$);
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, fill(value, valueOf)]));
}
