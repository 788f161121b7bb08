import { createHash } from 'node:crypto';
import { jsonArray, jsonArrayIn, plainArray, textArray } from '../platform/array-parameters.js';
import { prepared, preparedRows, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import type { FigureSum } from './figure.js';

/** What a profile adds to the figures of a month. */
interface MonthShare {
  profileId: number;
  /** Its first day, as `2026-11-01`. */
  month: string;
  digest: string;
  figures: readonly FigureSum[];
}

type KnownRow = [profileId: number, month: string, digest: string];

/**
 * Replaces what profiles add to the figures. Only months in which it is not what it was are written: of years of clicks, what
 * happens today changes one or two. Nobody else may write the shares of these profiles meanwhile.
 */
export async function replaceShares(tx: Transaction, shares: ReadonlyMap<number, readonly FigureSum[]>): Promise<void> {
  const ids = [...shares.keys()];
  const rows = await preparedRows<KnownRow>(tx, 'link_report_digests', DIGESTS, [
    plainArray(ids.map(laneOfProfile)),
    plainArray(ids),
  ]);
  const known = new Map(rows.map(([profileId, month, digest]) => [placeOf(profileId, month), digest]));
  const changed: MonthShare[] = [];
  for (const [profileId, figures] of shares) {
    for (const share of monthsOf(profileId, figures)) {
      const place = placeOf(profileId, share.month);
      if (known.get(place) !== share.digest) changed.push(share);
      known.delete(place);
    }
  }
  await write(tx, changed);
  await remove(
    tx,
    rows.filter(([profileId, month]) => known.has(placeOf(profileId, month))),
  );
}

function* monthsOf(profileId: number, figures: readonly FigureSum[]): Iterable<MonthShare> {
  const months = new Map<string, FigureSum[]>();
  for (const sum of figures) {
    const ofMonth = months.get(sum.month);
    if (ofMonth) ofMonth.push(sum);
    else months.set(sum.month, [sum]);
  }
  for (const [month, ofMonth] of months) {
    yield { profileId, month: `${month}-01`, digest: digestOf(ofMonth), figures: ofMonth };
  }
}

function digestOf(figures: readonly FigureSum[]): string {
  return createHash('sha1')
    .update(figures.map((sum) => sum.text).join('\n'))
    .digest('base64url');
}

function placeOf(profileId: number, month: string): string {
  return `${profileId} ${month}`;
}

async function write(tx: Transaction, shares: readonly MonthShare[]): Promise<void> {
  if (shares.length === 0) return;
  await prepared(tx, 'write_link_report_shares', WRITE, [
    plainArray(shares.map((one) => laneOfProfile(one.profileId))),
    plainArray(shares.map((one) => one.profileId)),
    plainArray(shares.map((one) => one.month)),
    textArray(shares.map((one) => one.digest)),
    jsonArray(shares.map((one) => one.figures.map((sum) => sum.figure))),
  ]);
}

async function remove(tx: Transaction, rows: readonly KnownRow[]): Promise<void> {
  if (rows.length === 0) return;
  await prepared(tx, 'remove_link_report_shares', REMOVE, [
    plainArray(rows.map(([profileId]) => laneOfProfile(profileId))),
    plainArray(rows.map(([profileId]) => profileId)),
    plainArray(rows.map(([, month]) => month)),
  ]);
}

const DIGESTS = `
  SELECT profile_id, month::text, digest FROM unnest($1::smallint[], $2::bigint[]) AS asked (l, p)
    JOIN link_report_month_shares ON lane = l AND profile_id = p`;

const WRITE = `
  INSERT INTO link_report_month_shares (lane, profile_id, month, digest, figures)
  SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::date[], $4::text[], ${jsonArrayIn('$5')})
  ON CONFLICT (lane, profile_id, month) DO UPDATE SET digest = excluded.digest, figures = excluded.figures`;

const REMOVE = `
  DELETE FROM link_report_month_shares
   WHERE (lane, profile_id, month) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::date[]))`;
