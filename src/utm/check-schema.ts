import { isTimeZone } from '../core/calendar.js';
import { KEY } from '../platform/key.js';
import { jsonPointer, type ProblemEntry } from '../platform/problem.js';
import { parsePattern, patternLiterals } from './slot-pattern.js';
import { LONGEST_VALUE, SEPARATORS, type KeyDeclaration, type UtmSchema } from './utm-schema.js';

type Check = (value: unknown, pointer: string) => ProblemEntry[];

/** All that is wrong with a schema, with pointers into it; `pointer` is where it stands itself. */
export function schemaProblems(schema: unknown, pointer = ''): ProblemEntry[] {
  const problems = objectOf(SCHEMA_FIELDS)(schema, pointer);
  if (problems.length > 0) return problems;
  const { keys = {} } = schema as Partial<UtmSchema>;
  if (Object.keys(keys).length > 0) return consistencyProblems(schema as UtmSchema, pointer);
  return [{ pointer: `${pointer}/keys`, detail: 'no key is declared', expected: 'keys such as "utm_source"' }];
}

const isText = (longest: number) => (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest;
const isWhole = (most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

const letterCase = simple((value) => ['lower', 'upper', 'any'].includes(value as string), '"lower", "upper" or "any"');
const separator = simple(
  (value) => (SEPARATORS as readonly unknown[]).includes(value),
  `one of ${SEPARATORS.map((one) => `"${one}"`).join(', ')}`,
);
const maxLength = simple(isWhole(LONGEST_VALUE), `a whole number up to ${LONGEST_VALUE}: analytics keeps no more`);

const VALUE = simple(
  (value) => isText(LONGEST_VALUE)(value) && value === (value as string).trim(),
  `a text of at most ${LONGEST_VALUE} characters without space around it`,
);
const HOST = simple(
  (value) => isText(253)(value) && /^[a-z0-9.*-]+$/.test(value as string),
  'a host in lower case, "*" for any run of characters, such as "*.shop.example"',
);

const KEY_FIELDS: Record<string, Check> = {
  required: simple((value) => typeof value === 'boolean', 'true or false'),
  allowed: listOf(VALUE, 1_000),
  pattern: (value, pointer) => {
    if (typeof value !== 'string') return [{ pointer, detail: 'not a text', expected: 'a pattern such as "{words}"' }];
    const parsed = parsePattern(value);
    return 'problem' in parsed ? [{ pointer, detail: parsed.problem, expected: parsed.expected }] : [];
  },
  ...{ case: letterCase, separator, maxLength },
};

const KEY_NAME = /^utm_[a-z0-9_]{1,40}$/;
const KEY_EXPECTED = 'the name of a parameter, such as "utm_source"';
const KEYS = recordOf(KEY_NAME, KEY_EXPECTED, objectOf(KEY_FIELDS), 30);
const APPENDED = simple((value) => typeof value === 'string' && KEY_NAME.test(value), KEY_EXPECTED);

const SCHEMA_FIELDS: Record<string, Check> = {
  timeZone: simple(isTimeZone, 'an IANA time zone such as "Europe/Berlin"'),
  ...{ case: letterCase, separator, maxLength },
  hosts: listOf(HOST, 200),
  appended: listOf(APPENDED, 30),
  keys: KEYS,
  channels: recordOf(
    KEY,
    'the key of a channel, such as "email"',
    objectOf({ group: simple(isText(80), 'the name of a channel group, at most 80 characters'), keys: KEYS }),
    50,
  ),
};

const NOTHING: KeyDeclaration = {};

/** Values and patterns that the schema's own case forbids, keys that have both, and keys of ours that are said to be appended. */
function consistencyProblems(
  { keys, channels = {}, appended = [], ...all }: UtmSchema,
  pointer: string,
): ProblemEntry[] {
  const placed = [
    ...Object.entries(keys).map(([key, one]) => ({ at: jsonPointer('keys', key), one, base: NOTHING })),
    ...Object.entries(channels).flatMap(([channel, { keys: own = {} }]) =>
      Object.entries(own).map(([key, one]) => ({
        at: jsonPointer('channels', channel, 'keys', key),
        one,
        base: keys[key] ?? NOTHING,
      })),
    ),
  ];
  const declared = new Set([
    ...Object.keys(keys),
    ...Object.values(channels).flatMap((one) => Object.keys(one.keys ?? {})),
  ]);
  const twice = appended.flatMap((key, index) =>
    declared.has(key)
      ? [
          {
            pointer: `${pointer}/appended/${index}`,
            detail: `"${key}" is one of the keys`,
            expected: 'it in one place',
          },
        ]
      : [],
  );
  const found = placed.flatMap(({ at, one, base }) => {
    const where = pointer + at;
    if (one.allowed && one.pattern !== undefined) {
      return [{ pointer: where, detail: 'both "allowed" and "pattern" are given', expected: 'one of the two' }];
    }
    const letters = one.case ?? base.case ?? all.case ?? 'lower';
    const longest = one.maxLength ?? base.maxLength ?? all.maxLength ?? LONGEST_VALUE;
    return [
      ...(one.allowed ?? []).flatMap((value, index) => {
        const place = `${where}/allowed/${index}`;
        if (value.length <= longest) return caseProblems(value, letters, place);
        return [
          { pointer: place, detail: `"${value}" is longer than allowed`, expected: `at most ${longest} characters` },
        ];
      }),
      ...(one.pattern === undefined ? [] : literalsOf(one.pattern)).flatMap((text) =>
        caseProblems(text, letters, `${where}/pattern`),
      ),
    ];
  });
  return [...twice, ...found];
}

function literalsOf(source: string): string[] {
  const parsed = parsePattern(source);
  return 'pattern' in parsed ? patternLiterals(parsed.pattern) : [];
}

function caseProblems(text: string, letters: string, pointer: string): ProblemEntry[] {
  if (letters === 'any') return [];
  const cased = letters === 'lower' ? text.toLowerCase() : text.toUpperCase();
  return text === cased ? [] : [{ pointer, detail: `"${text}" is not in ${letters} case`, expected: `"${cased}"` }];
}

function simple(isRight: (value: unknown) => boolean, expected: string): Check {
  return (value, pointer) => (isRight(value) ? [] : [{ pointer, detail: 'the value is not right', expected }]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any field may be missing. */
function objectOf(fields: Record<string, Check>): Check {
  return (value, pointer) => {
    if (!isObject(value)) return [{ pointer, detail: 'not a JSON object', expected: 'a JSON object' }];
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
    return [
      ...unknown.map((name) => ({
        pointer: pointer + jsonPointer(name),
        detail: `"${name}" is not known here`,
        expected: `one of ${Object.keys(fields).join(', ')}`,
      })),
      ...Object.entries(fields).flatMap(([name, check]) =>
        value[name] === undefined ? [] : check(value[name], pointer + jsonPointer(name)),
      ),
    ];
  };
}

function recordOf(name: RegExp, expectedName: string, check: Check, most: number): Check {
  return (value, pointer) => {
    if (!isObject(value)) return [{ pointer, detail: 'not a JSON object', expected: 'a JSON object' }];
    const entries = Object.entries(value);
    if (entries.length > most) return [{ pointer, detail: `there are ${entries.length}`, expected: `at most ${most}` }];
    return entries.flatMap(([key, one]) => {
      const at = pointer + jsonPointer(key);
      return name.test(key)
        ? check(one, at)
        : [{ pointer: at, detail: `"${key}" is not usable`, expected: expectedName }];
    });
  };
}

function listOf(check: Check, most: number): Check {
  return (value, pointer) => {
    if (!Array.isArray(value) || value.length === 0)
      return [{ pointer, detail: 'not a list', expected: 'a list that is not empty' }];
    if (value.length > most) return [{ pointer, detail: `there are ${value.length}`, expected: `at most ${most}` }];
    const known = new Set<unknown>();
    return value.flatMap((one, index) => {
      const at = pointer + jsonPointer(index);
      if (known.has(one)) return [{ pointer: at, detail: 'it is there twice', expected: 'each once' }];
      known.add(one);
      return check(one, at);
    });
  };
}
