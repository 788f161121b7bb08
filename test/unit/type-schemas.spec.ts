import ts from 'typescript';
import { TypeSchemas, type Schema } from '../../scripts/type-schemas.js';

const FOLDER = '/sources/';

const OPTIONS: ts.CompilerOptions = {
  ...{ strict: true, exactOptionalPropertyTypes: true, types: [] },
  ...{
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  },
};
const libraries = ts.createCompilerHost(OPTIONS);
const parsed = new Map<string, ts.SourceFile | undefined>();

/** The schemas of what is exported as `Answer`, and of what it refers to by name. */
function schemasOf(files: Record<string, string>): { answer: Schema | undefined; named: Record<string, Schema> } {
  const host: ts.CompilerHost = {
    ...libraries,
    fileExists: (name) => name in files || libraries.fileExists(name),
    readFile: (name) => files[name] ?? libraries.readFile(name),
    directoryExists: () => true,
    getSourceFile: (name, version) => {
      if (name in files) return ts.createSourceFile(name, files[name]!, version);
      if (!parsed.has(name)) parsed.set(name, libraries.getSourceFile(name, version));
      return parsed.get(name);
    },
  };
  const program = ts.createProgram(Object.keys(files), OPTIONS, host);
  const checker = program.getTypeChecker();
  const schemas = new TypeSchemas(checker, FOLDER);
  const source = program.getSourceFile(Object.keys(files)[0]!)!;
  const symbol = checker
    .getExportsOfModule(checker.getSymbolAtLocation(source)!)
    .find(({ name }) => name === 'answer')!;
  const answer = schemas.ofAnswer(checker.getTypeOfSymbol(symbol));
  return { answer, named: schemas.named };
}

const of = (type: string, rest = '') =>
  schemasOf({ [`${FOLDER}own/a.ts`]: `${rest}\nexport declare const answer: ${type};` });

describe('the schema of a type', () => {
  it.each<[string, Schema]>([
    [
      '{ a: string; b?: number }',
      { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] },
    ],
    ['Date[]', { type: 'array', items: { type: 'string', format: 'date-time' } }],
    [
      '{ a: string | null }',
      { type: 'object', properties: { a: { type: 'string', nullable: true } }, required: ['a'] },
    ],
    [
      '{ a: boolean | null }',
      { type: 'object', properties: { a: { type: 'boolean', nullable: true } }, required: ['a'] },
    ],
    ['{ a: null }', { type: 'object', properties: { a: { enum: [null], nullable: true } }, required: ['a'] }],
    ["{ a: 'y' | 'x' }", { type: 'object', properties: { a: { type: 'string', enum: ['x', 'y'] } }, required: ['a'] }],
    ['{ a: string | undefined }', { type: 'object', properties: { a: { type: 'string' } } }],
    ['Record<string, number>', { type: 'object', additionalProperties: { type: 'number' } }],
    ['(string | number)[]', { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }],
    ['[number, number]', { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }],
    ['never[]', { type: 'array', items: {}, maxItems: 0 }],
    ['{ a: unknown }', { type: 'object', properties: { a: {} }, required: ['a'] }],
    [
      '{ a: string } & { b: true }',
      {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'boolean', enum: [true] } },
        required: ['a', 'b'],
      },
    ],
    ['{ a: string; say(): void }', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
  ])('%s', (type, schema) => {
    expect(of(type)).toEqual({ answer: schema, named: {} });
  });

  it.each(['void', 'string', 'undefined'])('is none where no JSON is answered: %s', (type) => {
    expect(of(type).answer).toBeUndefined();
  });

  it('refers to what has a name, also to itself, with what is said of it', () => {
    const { answer, named } = of(
      'Tree | null',
      '/** Of branches. */ interface Tree {\n/** Below it. */ left: Tree | null; all: Tree[] }',
    );
    expect(answer).toEqual({ allOf: [{ $ref: '#/components/schemas/Tree' }], nullable: true });
    expect(named).toEqual({
      Tree: {
        description: 'Of branches.',
        type: 'object',
        properties: {
          left: { description: 'Below it.', allOf: [{ $ref: '#/components/schemas/Tree' }], nullable: true },
          all: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
        },
        required: ['left', 'all'],
      },
    });
  });

  it('keeps two of the same name apart', () => {
    const { answer } = schemasOf({
      [`${FOLDER}own/a.ts`]: `import type { Place as Other } from '../link-qa/b.js';
        interface Place { a: string } export declare const answer: { mine: Place; other: Other };`,
      [`${FOLDER}link-qa/b.ts`]: 'export interface Place { b: string }',
    });
    expect(answer?.properties).toEqual({
      mine: { $ref: '#/components/schemas/Place' },
      other: { $ref: '#/components/schemas/LinkQaPlace' },
    });
  });

  it('is refused where JSON has nothing for it', () => {
    expect(() => of('{ a: bigint }')).toThrow('bigint');
  });
});
