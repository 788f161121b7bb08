// Sends recorded requests again, so many at once, and nothing else: what a destination's own speed allows. With a database in
// which the very same changes are owed it also reads each of these rows and settles it, while it sends: what pushes of rows
// that remember can come to. Prints the seconds that it took. Started by ./throughput.ts with a file of requests, a URL,
// credentials, the number at once and perhaps the URL of a database.
import { readFileSync } from 'node:fs';
import { Pool } from 'pg';

const [file, url, authorization, atOnce, databaseUrl] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(file, 'utf8'));
const headers = { authorization, 'content-type': 'application/json' };
const LANES = 64;

/** Runs `work` over all of `items`, so many at once. */
async function all(items, most, work) {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

async function send({ path, body }) {
  const answer = await fetch(url + path, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
  await answer.text();
}

/** Nobody claims the rows of a lane here, and each is written once. */
async function settleLane(pool, lane) {
  const read = `SELECT ctid, profile_id, subject, version, payload FROM outbox
    WHERE lane = $1 AND destination = 'customerio' AND priority = 0 AND due_at <= now()`;
  const { rows } = await pool.query({ name: 'read', text: read, values: [lane], rowMode: 'array' });
  const settle = `UPDATE outbox SET accepted_version = version, holds = true, settled_at = now(), due_at = NULL
    WHERE ctid = ANY($1::tid[])`;
  const places = `{${rows.map(([place]) => `"${place}"`).join()}}`;
  const { rowCount } = await pool.query({ name: 'settle', text: settle, values: [places] });
  if (rowCount !== rows.length) throw new Error(`${rowCount} of ${rows.length} rows were settled`);
}

async function settleAll() {
  if (!databaseUrl) return;
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  await all(lanes, 2, (lane) => settleLane(pool, lane));
  const { rows } = await pool.query('SELECT count(*)::integer AS left FROM outbox WHERE due_at IS NOT NULL');
  if (rows[0].left > 0) throw new Error(`${rows[0].left} rows are left`);
  await pool.end();
}

const startedAt = performance.now();
await Promise.all([all(requests, Number(atOnce), send), settleAll()]);
console.log((performance.now() - startedAt) / 1_000);
