import { startCustomerioServer } from '../../test/support/customerio-server/customerio-server.js';
import { SIGNING_KEY } from '../../test/support/turnout.js';
import { customerioWebhook } from '../../test/support/webhooks.js';
import { newDatabase } from '../programs.js';
import { poolOf, startService, untilSent } from './service.js';

/** From the webhook's sending to its answer, and to the request that adds its person, in ms. */
export async function latencies(
  adminUrl: string,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<{ answered: number[]; pushed: number[] }> {
  const customerio = await startCustomerioServer();
  const url = await newDatabase(adminUrl);
  const service = await startService(url, { roles: 'api,worker', customerio });
  customerio.seedSegment({ id: 1, name: 'clicked' });
  const rule = { performed: 'click', within: '30d' };
  await service.client.must('PUT', '/v1/segments/clicked', { rule, push: { customerio: { segmentId: 1 } } });
  const count = rate * seconds;
  const sentAt = new Map<string, number>();
  const answers: Promise<number>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) {
    const waitMs = startedAt + (n * 1_000) / rate - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    sentAt.set(`p${n}`, Date.now());
    const webhook = customerioWebhook({ secret: SIGNING_KEY, at: Date.now(), identifiers: { id: `p${n}` } });
    const at = Date.now();
    answers.push(service.client.send(webhook).then(() => Date.now() - at));
  }
  const answered = await Promise.all(answers);
  const pool = poolOf(url);
  await untilSent(pool);
  await pool.end();
  await service.stop();
  const took = customerio.requests().flatMap(({ path, body, receivedAt }) => {
    if (!path.includes('add_customers')) return [];
    return (body as { ids: string[] }).ids.map((id) => receivedAt - sentAt.get(id)!);
  });
  await customerio.stop();
  if (took.length < count) throw new Error(`${took.length} of ${count} arrived`);
  return { answered, pushed: took };
}
