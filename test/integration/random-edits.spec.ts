import type { Rule } from '../../src/core/rule.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { CATALOGUE, Chance, RandomLife, VERSIONS } from '../support/random-life.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const SEED = Number(process.env.EDITS_SEED ?? 20_260_601);
const EDITS = Number(process.env.EDITS ?? 14);
const PEOPLE = 18; // so that every sample is complete
const EVENTS = 260;

interface Entry {
  key: string;
  profile: string;
  kind: string;
}

type Moves = Record<string, Record<'enter' | 'leave', number>>;

/** A life of random clicks and orders, and segments of every kind on it. */
describe(`segments of every kind on random histories (seed ${SEED})`, () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  const chance = new Chance(SEED);

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    for (const [key, [patterns]] of Object.entries(CATALOGUE)) {
      await turnout.must('PUT', `/v1/ctas/${key}`, { patterns });
    }
    for (const [key, versions] of Object.entries(VERSIONS)) await put(key, versions[0]!);
    const life = new RandomLife(chance, PEOPLE);
    for (let day = 0; day < 20; day++) {
      const now = T0 + day * DAY + HOUR;
      await database.setClock(now);
      await Promise.all(Array.from({ length: EVENTS / 20 }, () => turnout.send(life.webhook(now))));
    }
    await turnout.settle();
  }, 240_000);

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const put = (key: string, rule: Rule) => turnout.must('PUT', `/v1/segments/${key}`, { rule });

  /** Who is in each segment. */
  async function members(): Promise<Record<string, string[]>> {
    const { rows } = await database.pool.query<{ key: string; ids: string[] }>(
      `SELECT key, coalesce(array_agg(profile_id::text ORDER BY profile_id) FILTER (WHERE is_member), '{}') AS ids
         FROM segments LEFT JOIN memberships ON segment_id = id GROUP BY key ORDER BY key`,
    );
    return Object.fromEntries(rows.map((row) => [row.key, row.ids]));
  }

  /** The log, by an id for each entry. */
  async function transitions(): Promise<Map<string, Entry>> {
    const { rows } = await database.pool.query<Entry & { ordinal: number }>(
      'SELECT key, profile_id::text AS profile, kind, ordinal FROM transitions JOIN segments ON id = segment_id',
    );
    return new Map(rows.map((row) => [`${row.key} ${row.profile} ${row.ordinal}`, row]));
  }

  it('a preview counts those who are in: of any rule, the profiles without events that matter included', async () => {
    const held = await members();
    for (const [key, versions] of Object.entries(VERSIONS)) {
      const preview = await turnout.must('POST', '/v1/segments/preview', { rule: versions[0], waitSeconds: 30 });
      const sample = (preview.sample as { profileId: string }[]).map((one) => one.profileId);
      expect([key, preview.size, sample.sort(byNumber)]).toEqual([key, held[key]!.length, held[key]]);
    }
    expect(Object.values(held).filter((ids) => ids.length > 0 && ids.length < PEOPLE).length).toBeGreaterThan(12);
  }, 240_000);

  it('what the shadow of an edit shows is what publishing it does, and a rollback restores all of it', async () => {
    const now: Record<string, number> = {};
    let moved = 0;
    for (let edit = 0; edit < EDITS; edit++) {
      const before = await members();
      const key = chance.of(Object.keys(VERSIONS).filter((one) => VERSIONS[one]!.length > 1 || chance.happens(0.1)));
      const rule = edited(key, now);
      await turnout.must('PUT', `/v1/segments/${key}/draft`, { rule });
      await turnout.must('POST', `/v1/segments/${key}/shadow`);
      await turnout.settle();
      const shadow = await turnout.must('GET', `/v1/segments/${key}/shadow`);
      expect(await members()).toEqual(before);
      const logged = await transitions();
      const { version } = await turnout.must('POST', `/v1/segments/${key}/publish`, {});
      await turnout.settle();
      const actual = [...(await transitions())].filter(([id]) => !logged.has(id)).map(([, entry]) => entry);
      expect([edit, key, movesIn(actual, key, shadow)]).toEqual([edit, key, movesOf(key, shadow)]);
      expect([edit, key, idsOf(shadow, 'enter')]).toEqual([edit, key, profilesOf(actual, key, 'entered')]);
      expect([edit, key, idsOf(shadow, 'leave')]).toEqual([edit, key, profilesOf(actual, key, 'exited')]);
      moved += actual.length;
      if (chance.happens(0.4)) {
        await turnout.must('POST', `/v1/segments/${key}/rollback`, { version: version - 1 });
        await turnout.settle();
        expect([edit, await members()]).toEqual([edit, before]);
      } else now[key] = (now[key] ?? 0) + 1;
    }
    expect(moved).toBeGreaterThan(EDITS);
  }, 240_000);

  /** The segment's next version, or its opposite. */
  function edited(key: string, now: Record<string, number>): Rule {
    const versions = VERSIONS[key]!;
    const next = versions[((now[key] ?? 0) + 1) % versions.length]!;
    return versions.length > 1 && chance.happens(0.7) ? next : { not: next };
  }
});

function movesOf(key: string, shadow: JsonObject): Moves {
  const all = [{ segment: key, enter: shadow.enter, leave: shadow.leave }, ...shadow.segments];
  return Object.fromEntries(all.map(({ segment, enter, leave }) => [segment, { enter, leave }])) as Moves;
}

/** The same of what happened; nothing may happen anywhere else. */
function movesIn(actual: readonly Entry[], key: string, shadow: JsonObject): Moves {
  const concerned = [key, ...(shadow.segments as { segment: string }[]).map((one) => one.segment)];
  const moves: Moves = Object.fromEntries(concerned.map((one) => [one, { enter: 0, leave: 0 }]));
  for (const one of actual) {
    moves[one.key] ??= { enter: 0, leave: 0 };
    moves[one.key]![one.kind === 'entered' ? 'enter' : 'leave'] += 1;
  }
  return moves;
}

function idsOf(shadow: JsonObject, move: 'enter' | 'leave'): string[] {
  return (shadow.samples[move] as { profileId: string }[]).map((one) => one.profileId).sort(byNumber);
}

function profilesOf(actual: readonly Entry[], key: string, kind: string) {
  return actual
    .filter((one) => one.key === key && one.kind === kind)
    .map((one) => one.profile)
    .sort(byNumber);
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
