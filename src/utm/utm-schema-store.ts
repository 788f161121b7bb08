import { Injectable } from '@nestjs/common';
import { periodOf, startOf } from '../core/calendar.js';
import { toIso, type Instant } from '../core/instant.js';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import type { ProblemEntry } from '../platform/problem.js';
import { SchemaTimeline } from './schema-timeline.js';
import type { UtmSchema } from './utm-schema.js';
import { UtmSchemaVersion } from './utm-schema-version.entity.js';

export interface NewVersion {
  schema: UtmSchema;
  /** Unless given: the first version holds at once, a later one from the next quarter on. */
  validFrom: Instant | undefined;
  /** Why it may begin within a quarter. */
  midPeriodReason: string | null;
}

export type Added = { version: UtmSchemaVersion; isNew: boolean } | { problems: ProblemEntry[] };

/** The naming schema and its versions. */
@Injectable()
export class UtmSchemaStore {
  async timeline(tx: Transaction): Promise<SchemaTimeline> {
    return new SchemaTimeline(await tx.find(UtmSchemaVersion));
  }

  /** A new version, unless it is the one that holds anyway, or begins when none may. */
  async add(tx: Transaction, { schema, validFrom, midPeriodReason }: NewVersion): Promise<Added> {
    // So that of two at once the second sees the first.
    await query(tx, 'LOCK TABLE utm_schema_versions IN SHARE ROW EXCLUSIVE MODE');
    const timeline = await this.timeline(tx);
    const present = await now(tx);
    const isFirst = timeline.newest === undefined;
    const quarter = quarterAround(schema, validFrom ?? present);
    const from = validFrom ?? (isFirst ? present : quarter.end);
    const known = timeline.at(from);
    if (known && known === timeline.newest && JSON.stringify(known.schema) === JSON.stringify(schema)) {
      return { version: known, isNew: false };
    }
    const isMidPeriod = !isFirst && from !== quarter.start && from !== quarter.end;
    const problems = isFirst ? [] : beginningProblems(from, present, quarter, isMidPeriod && midPeriodReason === null);
    if (problems.length > 0) return { problems };
    const version = tx.create(UtmSchemaVersion, {
      version: (timeline.newest?.version ?? 0) + 1,
      schema,
      validFrom: new Date(from),
      midPeriodReason: isMidPeriod ? midPeriodReason : null,
      createdAt: new Date(present),
    });
    await tx.insert(UtmSchemaVersion, version);
    return { version, isNew: true };
  }
}

interface Quarter {
  start: Instant;
  end: Instant;
}

function quarterAround({ timeZone = 'UTC' }: UtmSchema, at: Instant): Quarter {
  const period = periodOf('quarter', timeZone, at);
  return { start: startOf('quarter', timeZone, period), end: startOf('quarter', timeZone, period + 1) };
}

function beginningProblems(from: Instant, present: Instant, { end }: Quarter, isUnmarked: boolean): ProblemEntry[] {
  if (from < present) {
    const detail = 'what held in the past is what links were judged by: it does not change';
    return [{ pointer: '/validFrom', detail, expected: `an instant from ${toIso(present)} on` }];
  }
  if (!isUnmarked) return [];
  const detail = 'the schema would change in the middle of a quarter, whose numbers could then not be compared';
  const expected = `the beginning of a quarter such as ${toIso(end)}, or "midPeriod": true with a "reason"`;
  return [{ pointer: '/validFrom', detail, expected }];
}
