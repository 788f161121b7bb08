// As many rows in each table as the service writes for its events, by a program that does nothing else: no request, no
// question, no rule. Started by ../ingest.ts as a process of its own, with the database in DATABASE_URL.
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
const ROWS = 'generate_series($1::bigint, $2::bigint) AS n';
const PAYLOAD = `{"kind": "membership", "segmentId": "12", "isMember": true}`;

/** Of each table, the rows with the numbers from $1 to $2, whose keys lie as scattered as the service's. */
const INSERTS = {
  receipts: `INSERT INTO receipts (lane, event_id, digest, received_at)
    SELECT n % 64, gen_random_uuid(), decode(md5(n::text), 'hex'), now() FROM ${ROWS} ORDER BY 1, 2`,
  identifiers: `INSERT INTO identifiers (lane, kind, value, profile_lane, profile_id, created_at)
    SELECT n % 61, 'customer_id', 'c' || n, n % 64, n, now() FROM ${ROWS} ORDER BY 1, 2, 3`,
  profiles: `INSERT INTO profiles (lane, id, created_at, evaluate_at, evaluated_at)
    SELECT n % 64, n, now(), now() + interval '1 day', now() FROM ${ROWS} ORDER BY 1, 2`,
  events: `INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
    SELECT n % 64, n, now(), gen_random_uuid(), 'click', 'customerio', now(), false, $3::jsonb FROM ${ROWS}`,
  memberships: `INSERT INTO memberships (lane, profile_id, segment_id, is_member, ordinal, version, since, due_at, pushed_as)
    SELECT n % 64, n, 1, true, 1, 1, now(), now(), 'customerio:12' FROM ${ROWS}`,
  transitions: `INSERT INTO transitions
      (lane, profile_id, segment_id, ordinal, kind, at, version, cause, cause_event_id, recorded_at)
    SELECT n % 64, n, 1, 1, 'entered', now(), 1, 'event', gen_random_uuid(), now() FROM ${ROWS}`,
  outbox: `INSERT INTO outbox (lane, profile_id, destination, subject, version, payload, due_at)
    SELECT n % 64, n, 'customerio', 'segment:12', 1, '${PAYLOAD}', now() FROM ${ROWS} ORDER BY 1, 2`,
};

const written = Object.fromEntries(Object.keys(INSERTS).map((table) => [table, 0]));

/** The rows of one batch, in one transaction. */
async function writeBatch(events, { rowsAnEvent, properties }) {
  const client = await pool.connect();
  await client.query('BEGIN');
  for (const [table, text] of Object.entries(INSERTS)) {
    const count = Math.round(events * rowsAnEvent[table]);
    if (count === 0) continue;
    const values = [written[table] + 1, (written[table] += count)];
    if (table === 'events') values.push(properties);
    await client.query({ name: table, text, values });
  }
  await client.query('COMMIT');
  client.release();
}

process.on('message', async ({ events, batch, ...about }) => {
  const began = performance.now();
  let left = Math.ceil(events / batch);
  const work = async () => {
    while (left-- > 0) await writeBatch(batch, about);
  };
  await Promise.all([work(), work()]);
  process.send({ seconds: (performance.now() - began) / 1_000 });
});
process.on('disconnect', () => process.exit(0));
process.send({ port: 0 });
