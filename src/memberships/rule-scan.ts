import { Injectable } from '@nestjs/common';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { propertiesRead, type PropertiesRead } from '../core/properties-read.js';
import type { Rule } from '../core/rule.js';
import { HistoryReader, type ScannedHistories } from '../histories/history-reader.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query } from '../platform/database.js';
import { SegmentStore } from '../segments/segment-store.js';
import { gatheringOf, type GatheredRow, type GatheringStatement } from './event-gathering.js';
import { GatheredProfiles } from './gathered-profiles.js';
import { RuleCount } from './rule-count.js';
import { SeenProfiles } from './seen-profiles.js';

/** How far a scan has come. */
export interface ScanProgress {
  judged: number;
}

/**
 * Counts a rule over everybody in one snapshot: the database gathers each profile's events, the core judges them one
 * profile after the other as they stream in, so that memory does not grow with their number.
 */
@Injectable()
export class RuleScan {
  constructor(
    private readonly segments: SegmentStore,
    private readonly histories: HistoryReader,
  ) {}

  /** In the runner's transaction, which must be one of repeatable reads. */
  async count(runner: QueryRunner, rule: Rule, asOf: Instant, progress: ScanProgress): Promise<RuleCount> {
    const tx = runner.manager;
    await query(tx, `SET LOCAL work_mem = '64MB'`);
    // Handing a row from one process to another costs far less than reading its properties.
    await query(tx, 'SET LOCAL parallel_tuple_cost = 0.01');
    const revision = await catalogueRevision(tx);
    const { rules } = await this.segments.current(tx, revision);
    const count = new RuleCount(rule, rules, asOf);
    const scanned = await this.histories.forScan(tx, revision, asOf);
    const properties = propertiesRead(rule, rules);
    const client = (await runner.connect()) as pg.PoolClient;
    const seen = await judgeGathered(client, { count, scanned, asOf, properties }, progress);
    await judgeOthers(runner, { count, scanned, seen }, progress);
    return count;
  }
}

async function judgeGathered(
  client: pg.PoolClient,
  about: { count: RuleCount; scanned: ScannedHistories; asOf: Instant; properties: PropertiesRead },
  progress: ScanProgress,
): Promise<SeenProfiles> {
  const { count, scanned, asOf, properties } = about;
  const { classed, hasCome } = scanned;
  const statement = gatheringOf({ plans: count.plans, asOf, properties, classed, hasCome });
  const seen = new SeenProfiles();
  const profiles = new GatheredProfiles(statement, scanned, (profile, history) => {
    seen.add(profile);
    const isMember = count.add(history);
    if (isMember && count.wantsSample()) count.sample.push(profile);
    progress.judged += 1;
  });
  await eachRow(client, statement, (row) => profiles.add(row));
  return seen;
}

/** Those with no event that matters: they are all alike, unless the rule asks who they are. */
async function judgeOthers(
  runner: QueryRunner,
  { count, scanned, seen }: { count: RuleCount; scanned: ScannedHistories; seen: SeenProfiles },
  progress: ScanProgress,
): Promise<void> {
  const [row] = await query<{ profiles: number }>(
    runner.manager,
    'SELECT count(*)::float8 AS profiles FROM profiles WHERE ended_at IS NULL',
  );
  const others = row!.profiles - seen.size;
  if (others <= 0) return;
  const areMembers = !count.needsProfile && count.add(scanned.historyOf(0, []), others);
  if (!count.needsProfile) progress.judged += others;
  if (!count.needsProfile && !(areMembers && count.wantsSample())) return;
  await eachProfile(runner, (profile) => {
    if (seen.has(profile)) return true;
    if (count.needsProfile) progress.judged += 1;
    const isMember = count.needsProfile ? count.add(scanned.historyOf(profile, [])) : areMembers;
    if (isMember && count.wantsSample()) count.sample.push(profile);
    return count.needsProfile || count.wantsSample();
  });
}

const IDS_AT_ONCE = 10_000;

/** In order of lane and id, until `take` has enough. */
async function eachProfile(runner: QueryRunner, take: (profile: number) => boolean): Promise<void> {
  let [lane, after] = [-1, 0];
  for (;;) {
    const rows = await query<{ lane: number; id: string }>(
      runner.manager,
      'SELECT lane, id FROM profiles WHERE (lane, id) > ($1, $2) AND ended_at IS NULL ORDER BY lane, id LIMIT $3',
      [lane, after, IDS_AT_ONCE],
    );
    for (const row of rows) if (!take(Number(row.id))) return;
    if (rows.length < IDS_AT_ONCE) return;
    [lane, after] = [rows.at(-1)!.lane, Number(rows.at(-1)!.id)];
  }
}

const AS_TEXT = { getTypeParser: () => (value: string) => value };

/** Takes rows as they come, as texts; none are kept. Not by a cursor, for which the server would not work in parallel. */
function eachRow(
  client: pg.PoolClient,
  { text, values }: GatheringStatement,
  take: (row: GatheredRow) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const settings = { text, values, rowMode: 'array', types: AS_TEXT };
    const running = client.query(new pg.Query(settings as unknown as string));
    running.on('row', (row: unknown) => {
      if (failure) return;
      try {
        take(row as GatheredRow);
      } catch (error) {
        failure = error as Error;
      }
    });
    running.on('error', reject);
    running.on('end', () => (failure ? reject(failure) : resolve()));
  });
}
