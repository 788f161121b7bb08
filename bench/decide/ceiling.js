// What decisions are compared with, as bare as it can be: Fastify, and one indexed read of the same rows by the same
// driver. Started by ../decide.ts as a process of its own, as the service is, with the database in DATABASE_URL.
import Fastify from 'fastify';
import { Pool } from 'pg';

const READ = `SELECT id, seq, name, occurred_at, properties FROM events
  WHERE lane = $1 AND profile_id = $2 AND occurred_at >= $3 ORDER BY occurred_at, id`;

const pool = new Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DATABASE_POOL_SIZE ?? 10),
});
const app = Fastify();

app.post('/', async (request) => {
  const profile = Number(request.body.identifiers.customer_id);
  const since = new Date(Date.now() - 90 * 86_400_000);
  const { rows } = await pool.query({ name: 'read', text: READ, values: [profile % 64, profile, since] });
  return { events: rows.length };
});

await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
