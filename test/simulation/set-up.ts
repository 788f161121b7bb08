import type { Rule } from '../../src/core/rule.js';
import { CATALOGUE, VERSIONS, type Chance } from '../support/random-life.js';
import { NAMES } from '../support/arbitraries-worlds.js';
import { customerIdOf, identifierOf, type DrawnWorld } from './drawn-world.js';
import type { SimulatedProcess, SimulatedWorld } from './simulated-world.js';
import { LINK_DOMAIN, SHOP } from './visitors.js';

/** The segment at Customer.io to which one of ours is pushed. */
export function segmentIdOf({ segments }: DrawnWorld, key: string): number {
  return segments.findIndex((one) => one.key === key) + 1;
}

/** Two processes, what they know of before anything happens, and the same people and segments at Customer.io. */
export async function setUp(world: SimulatedWorld, drawn: DrawnWorld, chance: Chance): Promise<void> {
  drawn.segments.forEach(({ key }, index) =>
    world.customerio.seedSegment({ id: index + 1, name: key, type: 'manual' }),
  );
  for (let person = 0; person < drawn.people; person++) {
    const [email, cioId] = [identifierOf('email', person).value, identifierOf('cio_id', person).value];
    world.customerio.seedPerson({ id: customerIdOf(person), email, cio_id: cioId });
  }
  const first = await world.start('api,worker', 0);
  await declare(world, first, drawn, chance);
  world.broker.flush();
  await world.database.pool.query('DELETE FROM backfills'); // there is nobody yet
  await world.start(chance.of(['api,worker', 'worker']), 0);
}

async function declare(
  world: SimulatedWorld,
  process: SimulatedProcess,
  drawn: DrawnWorld,
  chance: Chance,
): Promise<void> {
  const put = async (path: string, body: unknown): Promise<void> => {
    const { statusCode, body: said } = await world.inTurn(process.virtual, () =>
      world.call(process, 'PUT', path, body),
    );
    if (statusCode >= 300) throw new Error(`PUT ${path} → ${statusCode} ${said}`);
  };
  if (drawn.isHistoryKnown) {
    const eventNames = [...new Set([...NAMES, 'email_delivered', 'email_opened', 'sms_delivered'])];
    await put('/v1/sources/customerio/history', { startsAt: '1970-01-01T00:00:00Z', eventNames });
  }
  for (const [key, [patterns]] of Object.entries(CATALOGUE)) await put(`/v1/ctas/${key}`, { patterns });
  await put(`/v1/link-domains/${LINK_DOMAIN}`, { allowedHosts: [SHOP] });
  for (const { key, versions, isPushed } of drawn.segments) {
    const push = { customerio: { segmentId: segmentIdOf(drawn, key) } };
    await put(`/v1/segments/${key}`, { rule: versions[0], ...(isPushed && { push }) });
  }
  await put('/v1/journeys/random', journeyOf(drawn, chance));
}

function journeyOf({ segments }: DrawnWorld, chance: Chance): object {
  const rules = Object.entries(VERSIONS).filter(([, versions]) => !JSON.stringify(versions).includes('"segment"'));
  const branch = (index: number): object => {
    const condition: { segment: string } | { rule: Rule } = chance.happens(0.6)
      ? { segment: chance.of(segments).key }
      : { rule: chance.of(rules)[1][0]! };
    return { key: `b${index}`, ...condition };
  };
  const point = (): object => ({
    branches: Array.from({ length: 1 + chance.below(3) }, (_, index) => branch(index)),
    default: 'rest',
    push: true,
    whenPending: chance.of(['wait', 'wait', 'noMatch']),
    whenUnknown: 'default',
  });
  return { branchPoints: { p0: point(), p1: point() } };
}
