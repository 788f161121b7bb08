import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import type { Transaction } from '../platform/database.js';
import { jsonPointer, Problem, type ProblemEntry } from '../platform/problem.js';
import { judgeValue, expectedOf } from './judge-value.js';
import { isNamedHost } from './lint-url.js';
import { declaredChannel, rulesOf, type UtmSchema } from './utm-schema.js';
import { UtmSchemaStore } from './utm-schema-store.js';

/** What others ask of the naming schema. */
@Injectable()
export class UtmGovernance {
  constructor(private readonly schemas: UtmSchemaStore) {}

  /** The schema that holds at an instant; undefined where there is none yet. */
  async schemaAt(tx: Transaction, at: Instant): Promise<UtmSchema | undefined> {
    return (await this.schemas.timeline(tx)).at(at)?.schema;
  }

  /** As {@link schemaAt}; throws a 404 problem where there is none. */
  async mustSchemaAt(tx: Transaction, at: Instant): Promise<UtmSchema> {
    const schema = await this.schemaAt(tx, at);
    if (schema) return schema;
    throw Problem.notFound('No UTM schema holds at that instant. Declare one: PUT /v1/utm/schema.');
  }
}

/** What is wrong with the UTM values of a link of a channel; pointers lead into the values. */
function valueProblems(
  schema: UtmSchema,
  values: Readonly<Record<string, string>>,
  channel: string | null,
): ProblemEntry[] {
  const rules = rulesOf(schema, channel);
  const missing = [...rules.values()].filter(({ key, isRequired }) => isRequired && !Object.hasOwn(values, key));
  return [
    ...channelProblems(schema, channel),
    ...Object.entries(values).flatMap(([key, value]) => {
      const rule = rules.get(key);
      const pointer = jsonPointer(key);
      if (rule) return judgeValue(rule, value).map((one) => ({ pointer, ...entryOf(one) }));
      return [
        { pointer, detail: `${key} is not declared in the schema`, expected: `one of ${[...rules.keys()].join(', ')}` },
      ];
    }),
    ...missing.map((rule) => ({
      pointer: jsonPointer(rule.key),
      detail: `${rule.key} is missing`,
      expected: expectedOf(rule),
    })),
  ];
}

/** A channel that nobody declared holds no rules of its own: said only where channels are declared at all. */
function channelProblems(schema: UtmSchema, channel: string | null): ProblemEntry[] {
  if (channel === null || !schema.channels || declaredChannel(schema, channel)) return [];
  const expected = `one of ${Object.keys(schema.channels).join(', ')}`;
  return [{ pointer: '', detail: `the channel "${channel}" is not declared in the schema`, expected }];
}

function entryOf({ detail, expected, suggestion }: { detail: string; expected: string; suggestion: string | null }) {
  return { detail, expected: suggestion === null ? expected : `"${suggestion}"` };
}

/** As {@link valueProblems} of a link that is declared, with pointers into the declaration: none where it leads to a host that the schema says nothing of. */
export function linkProblems(
  schema: UtmSchema,
  values: Readonly<Record<string, string>>,
  { channel, destination }: { channel: string | null; destination: string },
): ProblemEntry[] {
  if (!URL.canParse(destination) || !isNamedHost(schema, new URL(destination).hostname)) return [];
  return valueProblems(schema, values, channel).map(({ pointer, ...rest }) => ({
    pointer: pointer === '' ? '/channel' : `/utm${pointer}`,
    ...rest,
  }));
}
