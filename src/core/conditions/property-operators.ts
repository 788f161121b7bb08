import type { OperatorName } from '../property-test.js';
import { isDateText } from '../property-test.js';
import type { PropertyOperators, PropertyTest } from '../rule.js';
import {
  aBoolean,
  anAmount,
  anObject,
  aScalar,
  aText,
  eitherOf,
  isRecord,
  listOf,
  refined,
  report,
  textThat,
  type Fields,
  type Shape,
} from '../shape.js';
import { sayList, sayValue } from '../words.js';

const aDate = textThat('a date such as "2026-11-24" or "2026-11-24T09:00:00Z"', isDateText);

/** The operators on a value, as fields of an object. */
export const operatorFields: Fields<PropertyOperators> = {
  equals: { shape: aScalar },
  not: { shape: aScalar },
  in: { shape: listOf(aScalar, 500) },
  notIn: { shape: listOf(aScalar, 500) },
  exists: { shape: aBoolean },
  contains: { shape: aScalar },
  startsWith: { shape: aText },
  endsWith: { shape: aText },
  atLeast: { shape: anAmount },
  atMost: { shape: anAmount },
  above: { shape: anAmount },
  below: { shape: anAmount },
  before: { shape: aDate },
  onOrAfter: { shape: aDate },
};

const operators = refined(
  anObject<PropertyOperators>('an object of operators, such as {"in": ["a", "b"]}', operatorFields),
  (value, pointer, context) =>
    Object.keys(value).length > 0 || report(context, pointer, 'no operator is given', 'at least one, such as "in"'),
);

/** A bare value means equals. */
export const aPropertyTest: Shape<PropertyTest> = eitherOf<PropertyTest>(
  'a value to equal, or an object of operators',
  aScalar as Shape<PropertyTest>,
  operators,
);

const OPERATOR_WORDS: Record<OperatorName, string> = {
  equals: 'is',
  not: 'is not',
  in: 'is one of',
  notIn: 'is none of',
  exists: 'exists',
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
  atLeast: 'is at least',
  atMost: 'is at most',
  above: 'is above',
  below: 'is below',
  before: 'is before',
  onOrAfter: 'is on or after',
};

export function sayTest(test: PropertyTest): string {
  return isRecord(test) ? sayOperators(test) : `is ${sayValue(test)}`;
}

/** `is "a" or "b" and starts with "c"`; names that are no operators are passed over. */
export function sayOperators(operators: PropertyOperators): string {
  const names = Object.keys(operators).filter((name): name is OperatorName => Object.hasOwn(OPERATOR_WORDS, name));
  return names
    .map((name) => {
      if (name === 'exists') return operators.exists ? 'exists' : 'does not exist';
      if (name === 'in') return `is ${sayList(operators.in!, 'or')}`;
      if (name === 'notIn')
        return `is ${operators.notIn!.length > 1 ? 'neither' : 'not'} ${sayList(operators.notIn!, 'nor')}`;
      return `${OPERATOR_WORDS[name]} ${sayValue(operators[name])}`;
    })
    .join(' and ');
}
