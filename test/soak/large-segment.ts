import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import { laneOfText } from '../../src/platform/lanes.js';

/** Of so many members one is missing at the destination. */
export const ONE_MISSING_IN = 100;
const SEEDED_AT_ONCE = 20_000;

const customerId = (n: number): string => `p${n}`;

/** Members 1 to `count` as they stand after all of them were pushed; written past the service, which would take hours. */
export async function seedPushed(pool: Pool, count: number, segmentId: number): Promise<void> {
  for (let from = 1; from <= count; from += SEEDED_AT_ONCE) {
    const ids = Array.from({ length: Math.min(SEEDED_AT_ONCE, count - from + 1) }, (_, index) => from + index);
    const named = ids.map(customerId);
    await pool.query(
      `INSERT INTO profiles (lane, id, created_at) SELECT id % 64, id, turnout_now() FROM unnest($1::bigint[]) AS new (id)`,
      [ids],
    );
    await pool.query(
      `INSERT INTO identifiers (lane, kind, value, profile_lane, profile_id, created_at)
       SELECT lane, 'customer_id', value, id % 64, id, turnout_now()
         FROM unnest($1::smallint[], $2::text[], $3::bigint[]) AS new (lane, value, id)`,
      [named.map((value) => laneOfText(`customer_id:${value}`)), named, ids],
    );
    await pool.query(
      `INSERT INTO outbox (lane, profile_id, destination, subject, version, accepted_version, payload, holds, settled_at)
       SELECT id % 64, id, 'customerio', 'segment:' || $2, 1, 1,
              jsonb_build_object('kind', 'membership', 'externalSegmentId', $2::text, 'isMember', true), true, turnout_now()
         FROM unnest($1::bigint[]) AS new (id)`,
      [ids, String(segmentId)],
    );
  }
  await pool.query(`SELECT setval('profile_ids', $1)`, [count]);
  await pool.query('ANALYZE');
}

/**
 * Of Customer.io what a reconciliation asks, with members that are reckoned instead of kept, so that it takes no memory: the
 * segment lacks one in {@link ONE_MISSING_IN}, until it is sent.
 */
export class LargeSegment {
  readonly added = new Set<string>();
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://here');
      const answer = pathname.endsWith('/membership') ? this.page(searchParams) : this.take(pathname, chunks);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });

  private constructor(private readonly members: number) {}

  static async start(members: number): Promise<LargeSegment> {
    const segment = new LargeSegment(members);
    await new Promise<void>((resolve) => segment.server.listen(0, '127.0.0.1', resolve));
    return segment;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private page(query: URLSearchParams): object {
    const first = Number(query.get('start') ?? 1);
    const end = Math.min(first + Number(query.get('limit')), this.members + 1);
    const all = Array.from({ length: end - first }, (_, index) => first + index);
    const held = all.filter((n) => n % ONE_MISSING_IN !== 0 || this.added.has(customerId(n)));
    const identifiers = held.map((n) => ({
      id: customerId(n),
      email: `${customerId(n)}@example.com`,
      cio_id: `c${n}`,
    }));
    return { ids: held.map(customerId), identifiers, next: end > this.members ? '' : String(end) };
  }

  private take(path: string, chunks: readonly Buffer[]): object {
    if (path.endsWith('/add_customers')) {
      const { ids } = JSON.parse(Buffer.concat(chunks).toString()) as { ids: string[] };
      for (const id of ids) this.added.add(id);
    }
    return {};
  }
}
