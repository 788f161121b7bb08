import type { EventSelector, PropertyOperators, PropertyTest, Scalar, Where } from '../rule.js';
import {
  aBoolean,
  anObject,
  aRecordOf,
  aScalar,
  aText,
  describe,
  isRecord,
  listOf,
  oneOf,
  refined,
  report,
  type Shape,
} from '../shape.js';

const operators = refined(
  anObject<PropertyOperators>('an object of operators, such as {"in": ["a", "b"]}', {
    equals: { shape: aScalar as Shape<NonNullable<Scalar>> },
    not: { shape: aScalar as Shape<NonNullable<Scalar>> },
    in: { shape: listOf(aScalar, 500) },
    exists: { shape: aBoolean },
    contains: { shape: aText },
    startsWith: { shape: aText },
    endsWith: { shape: aText },
  }),
  (value, pointer, context) =>
    Object.keys(value).length > 0 || report(context, pointer, 'no operator is given', 'at least one, such as "in"'),
);

/** A bare value means equals. */
const aPropertyTest: Shape<PropertyTest> = {
  expected: 'a value to equal, or an object of operators',
  check: (value, pointer, context): value is PropertyTest & {} =>
    isRecord(value) ? operators.check(value, pointer, context) : aScalar.check(value, pointer, context),
};

const where: Shape<Where> = aRecordOf(aPropertyTest, 50, 'property name');

/** The fields that every condition on events has. */
export const selectorFields = {
  performed: { shape: aText, isRequired: true },
  where: { shape: where },
  by: { shape: oneOf('humans', 'strictHumans', 'machines', 'anyone') },
  gross: { shape: aBoolean },
};

const ACTOR_WORDS = {
  humans: '',
  strictHumans: ' by someone surely human',
  machines: ' by a machine',
  anyone: ' by a human or a machine',
};

/** `click where cta is "cart"`, as part of a sentence. */
export function saySelector(selector: EventSelector): string {
  const tests = Object.entries(selector.where ?? {}).map(([path, test]) => `${path} ${sayTest(test)}`);
  const gross = selector.gross ? ' (cancelled and refunded ones included)' : '';
  const condition = tests.length > 0 ? ` where ${tests.join(' and ')}` : '';
  return `"${selector.performed}"${ACTOR_WORDS[selector.by ?? 'humans']}${gross}${condition}`;
}

const OPERATOR_WORDS: { [Name in keyof Required<PropertyOperators>]: string } = {
  equals: 'is',
  not: 'is not',
  in: 'is one of',
  exists: 'exists:',
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
};

function sayTest(test: PropertyTest): string {
  if (!isRecord(test)) return `is ${describe(test)}`;
  const parts = Object.entries(test).map(
    ([name, operand]) => `${OPERATOR_WORDS[name as keyof PropertyOperators]} ${describe(operand)}`,
  );
  return parts.join(' and ');
}
