import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../../platform/database.js';
import type { CheckedLink } from '../link-checker.js';
import { joinPlaces, reportOf, type LinkReport, type QaLink } from '../qa-report.js';
import type { QaSettings } from '../qa-settings.js';
import { latestDigest } from './latest-checks.js';

export type RunState = 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';

/** `due`: live links, as the schedule asks. */
export type RunSubject = 'urls' | 'template' | 'live' | 'due';

export interface RunSettings extends Partial<Pick<QaSettings, 'clients' | 'expectHosts' | 'keepParameters'>> {
  /** Of live links: which, and how many there were beyond those that are looked at. */
  live?: { days: number; cta?: string; journey?: string; leftOut: number };
}

export interface NewRun {
  name: string;
  subject: RunSubject;
  settings: RunSettings;
  links: readonly QaLink[];
}

export interface Run extends Omit<NewRun, 'links'> {
  id: string;
  state: RunState;
  requestedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  problem: string | null;
  /** How many there are, how many were looked at, and what came of these. */
  counts: { links: number; checked: number } & Record<LinkReport['outcome'], number>;
}

/** A run that this worker is at. */
export interface ClaimedRun {
  id: string;
  claim: string;
  settings: RunSettings;
  tries: number;
}

export interface PlacedLink extends QaLink {
  place: number;
}

export interface LatestCheck {
  outcome: LinkReport['outcome'];
  codes: string[];
  checkedAt: Date;
}

/** How long a run is its worker's without a sign of life; longer than a link may take. */
const LEASE = '5 minutes';

const RUN = `run.id, name, subject, settings, state, requested_at AS "requestedAt", started_at AS "startedAt",
  finished_at AS "finishedAt", problem, counts`;

const COUNTS = `CROSS JOIN LATERAL (
  SELECT json_build_object('links', count(*), 'checked', count(checked_at),
           'error', count(*) FILTER (WHERE outcome = 'error'), 'warning', count(*) FILTER (WHERE outcome = 'warning'),
           'info', count(*) FILTER (WHERE outcome = 'info'), 'good', count(*) FILTER (WHERE outcome = 'good')) AS counts
    FROM link_run_links WHERE run_id = run.id) AS counted`;

/** Looks at links, and how far each has come. What a link shows is kept as soon as it is seen. */
@Injectable()
export class LinkRunStore {
  /** Returns its id. Links that are the same are one; without any it is done already. */
  async create(tx: Transaction, { name, subject, settings, links }: NewRun): Promise<string> {
    const distinct = joinPlaces(links);
    const [run] = await query<{ id: string }>(
      tx,
      `INSERT INTO link_runs (name, subject, settings, state, requested_at, finished_at, tries)
       VALUES ($1, $2, $3, $4, turnout_now(), CASE WHEN $4 = 'done' THEN turnout_now() END, 0) RETURNING id`,
      [name, subject, JSON.stringify(settings), distinct.length === 0 ? 'done' : 'waiting'],
    );
    await query(
      tx,
      `INSERT INTO link_run_links (run_id, place, link)
       SELECT $1, place - 1, link FROM json_array_elements($2::json) WITH ORDINALITY AS given (link, place)`,
      [run!.id, JSON.stringify(distinct)],
    );
    return run!.id;
  }

  /**
   * Whether live links were last looked at by themselves an interval ago or longer, in milliseconds. Whoever is told so is
   * the only one until the transaction ends.
   */
  async isDue(tx: Transaction, intervalMs: number): Promise<boolean> {
    const ask = `SELECT NOT EXISTS (SELECT FROM link_runs WHERE subject = 'due'
                   AND requested_at > turnout_now() - $1 * interval '1 millisecond') AS due`;
    const isDue = async (): Promise<boolean> => (await query<{ due: boolean }>(tx, ask, [intervalMs]))[0]!.due;
    if (!(await isDue())) return false;
    await query(tx, `SELECT pg_advisory_xact_lock(hashtextextended('due link run', 0))`);
    return isDue();
  }

  async find(tx: Transaction, id: string): Promise<Run | undefined> {
    const [run] = await query<Run>(tx, `SELECT ${RUN} FROM link_runs AS run ${COUNTS} WHERE run.id = $1`, [id]);
    return run;
  }

  /** Newest first. */
  list(tx: Transaction, most: number): Promise<Run[]> {
    return query<Run>(tx, `SELECT ${RUN} FROM link_runs AS run ${COUNTS} ORDER BY run.id DESC LIMIT $1`, [most]);
  }

  /** All its links, and what came of those that were looked at, in order. */
  async reports(tx: Transaction, id: string): Promise<{ links: QaLink[]; reports: LinkReport[] }> {
    const rows = await query<{ link: QaLink; checked: CheckedLink | null }>(
      tx,
      'SELECT link, checked FROM link_run_links WHERE run_id = $1 ORDER BY place',
      [id],
    );
    const reports = rows.flatMap(({ link, checked }) => (checked ? [reportOf(link, checked)] : []));
    return { links: rows.map((row) => row.link), reports };
  }

  /** False where it is over already. */
  async cancel(tx: Transaction, id: string): Promise<boolean> {
    const rows = await query(
      tx,
      `UPDATE link_runs SET state = 'cancelled', finished_at = turnout_now()
        WHERE id = $1 AND state IN ('waiting', 'running') RETURNING id`,
      [id],
    );
    return rows.length > 0;
  }

  /** Takes the run that nobody was at for longest; one whose worker is gone goes on where it was. */
  async claim(tx: Transaction): Promise<ClaimedRun | undefined> {
    const [run] = await query<ClaimedRun>(
      tx,
      `UPDATE link_runs
          SET state = 'running', started_at = coalesce(started_at, turnout_now()), claim = gen_random_uuid(),
              claimed_until = turnout_now() + interval '${LEASE}', tries = tries + 1
        WHERE id = (SELECT id FROM link_runs
                     WHERE state IN ('waiting', 'running')
                       AND (claimed_until IS NULL OR claimed_until <= turnout_now())
                     ORDER BY claimed_until NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, claim, settings, tries`,
    );
    return run;
  }

  /** The next links that were not looked at yet. */
  async next(tx: Transaction, run: ClaimedRun, most: number): Promise<PlacedLink[]> {
    const rows = await query<{ place: number; link: QaLink }>(
      tx,
      'SELECT place, link FROM link_run_links WHERE run_id = $1 AND checked_at IS NULL ORDER BY place LIMIT $2',
      [run.id, most],
    );
    return rows.map(({ place, link }) => ({ ...link, place }));
  }

  /** Keeps what a link showed; false where the run is no longer this worker's, or was cancelled. */
  async save(tx: Transaction, run: ClaimedRun, link: PlacedLink, checked: CheckedLink): Promise<boolean> {
    const [mine] = await query(
      tx,
      `UPDATE link_runs SET claimed_until = turnout_now() + interval '${LEASE}', tries = 0
        WHERE id = $1 AND claim = $2 AND state = 'running' RETURNING id`,
      [run.id, run.claim],
    );
    if (!mine) return false;
    const { outcome } = reportOf(link, checked);
    await query(
      tx,
      `UPDATE link_run_links SET outcome = $3, checked = $4, checked_at = turnout_now()
        WHERE run_id = $1 AND place = $2`,
      [run.id, link.place, outcome, JSON.stringify(checked)],
    );
    await query(
      tx,
      `INSERT INTO link_checks (url_digest, outcome, codes, checked_at, run_id) VALUES ($1, $2, $3, turnout_now(), $4)
       ON CONFLICT (url_digest) DO UPDATE
          SET outcome = excluded.outcome, codes = excluded.codes, checked_at = excluded.checked_at, run_id = excluded.run_id`,
      [latestDigest(link.url), outcome, [...new Set(checked.findings.map((one) => one.code))], run.id],
    );
    return true;
  }

  /** What the latest look at each of some links found; nothing of those that were never looked at. */
  async latest(tx: Transaction, urls: readonly string[]): Promise<Map<string, LatestCheck>> {
    const digests = urls.map((url) => latestDigest(url).toString('hex'));
    const rows = await query<LatestCheck & { digest: string }>(
      tx,
      `SELECT encode(url_digest, 'hex') AS digest, outcome, codes, checked_at AS "checkedAt"
         FROM link_checks JOIN unnest($1::text[]) AS wanted (digest) ON url_digest = decode(wanted.digest, 'hex')`,
      [[...new Set(digests)]],
    );
    const found = new Map(rows.map(({ digest, ...check }) => [digest, check]));
    return new Map(urls.flatMap((url, at) => (found.has(digests[at]!) ? [[url, found.get(digests[at]!)!]] : [])));
  }

  /** Leaves a run to whoever comes next; it is done once every link was looked at. */
  async release(tx: Transaction, run: ClaimedRun): Promise<void> {
    await query(
      tx,
      `WITH left_over AS (SELECT EXISTS (SELECT FROM link_run_links WHERE run_id = $1 AND checked_at IS NULL) AS are)
       UPDATE link_runs
          SET state = CASE WHEN are THEN 'running' ELSE 'done' END,
              finished_at = CASE WHEN are THEN NULL ELSE turnout_now() END,
              claim = NULL, claimed_until = turnout_now(), tries = 0
         FROM left_over WHERE id = $1 AND claim = $2 AND state = 'running'`,
      [run.id, run.claim],
    );
  }

  async fail(tx: Transaction, run: ClaimedRun, problem: string): Promise<void> {
    await query(
      tx,
      `UPDATE link_runs SET state = 'failed', finished_at = turnout_now(), problem = $3
        WHERE id = $1 AND claim = $2 AND state = 'running'`,
      [run.id, run.claim, problem],
    );
  }
}
