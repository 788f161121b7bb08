// What is compared with: a program for each ceiling, as bare as it can be. Started by ../ingest.ts as a process of its own,
// as the service is: `node ceilings.js bare | grouped | raw`, with the database in DATABASE_URL.
import Fastify from 'fastify';
import { Pool } from 'pg';

/** Rows as they are stored in the end: the same columns, key and index as the service's own table. */
const INSERT = `INSERT INTO events
    (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
  SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[],
                       $7::timestamptz[], $8::boolean[], $9::jsonb[])`;

const pool = process.env.DATABASE_URL && new Pool({ connectionString: process.env.DATABASE_URL, max: 2 });

function insert(rows) {
  const column = (name) => rows.map((row) => row[name]);
  const values = ['lane', 'profile', 'at', 'id', 'name', 'source', 'receivedAt', 'isCorrected', 'properties'].map(
    column,
  );
  return pool.query({ name: 'insert', text: INSERT, values });
}

function rowOf({ metric, timestamp, data }) {
  const { identifiers, ...properties } = data;
  const profile = Number(identifiers.id);
  return {
    lane: profile % 64,
    profile,
    at: new Date(timestamp * 1_000),
    id: crypto.randomUUID(),
    name: metric,
    source: 'customerio',
    receivedAt: new Date(),
    isCorrected: false,
    properties: JSON.stringify(properties),
  };
}

let waiting = [];
let underWay = 0;

/** Whatever came while two inserts were under way goes into the next. */
function storeGrouped(row) {
  return new Promise((resolve) => {
    waiting.push({ row, resolve });
    if (underWay < 2) setImmediate(flush);
  });
}

async function flush() {
  if (waiting.length === 0 || underWay === 2) return;
  const group = waiting;
  waiting = [];
  underWay += 1;
  await insert(group.map((one) => one.row));
  group.forEach((one) => one.resolve());
  underWay -= 1;
  await flush();
}

async function serve(handle) {
  const app = Fastify();
  app.post('/', handle);
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.send({ port: app.server.address().port });
}

/** Inserts batches of so many rows over two connections until it is told to stop; then tells how many a second. */
async function insertRaw() {
  process.send({ port: 0 });
  process.on('message', async ({ reports, batch }) => {
    const rows = reports.map(rowOf);
    const began = performance.now();
    let next = 0;
    const work = async () => {
      while (next < rows.length) {
        const some = rows.slice(next, (next += batch));
        await insert(some);
      }
    };
    await Promise.all([work(), work()]);
    process.send({ seconds: (performance.now() - began) / 1_000 });
  });
}

const programs = {
  bare: () => serve(async (request) => ({ metric: request.body.metric })),
  grouped: () =>
    serve(async (request) => {
      await storeGrouped(rowOf(request.body));
      return { status: 'stored' };
    }),
  raw: insertRaw,
};
process.on('disconnect', () => process.exit(0));
await programs[process.argv[2]]();
