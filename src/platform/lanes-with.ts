import { prepared, type Transaction } from './database.js';
import { LANES } from './lanes.js';

/**
 * The lanes in which a query of one lane, `lanes.lane`, finds something. An index has to begin with the lane and go on with
 * what is asked: each lane is one probe of it.
 */
export async function lanesWith(
  tx: Transaction,
  name: string,
  probe: string,
  parameters: unknown[],
): Promise<number[]> {
  const rows = await prepared<{ lane: number }>(
    tx,
    name,
    // Laterally: joined in one go, all that is due would be read.
    `SELECT lanes.lane FROM generate_series(0, ${LANES - 1}) AS lanes (lane), LATERAL (${probe} LIMIT 1) AS found`,
    parameters,
  );
  return rows.map((row) => row.lane);
}
