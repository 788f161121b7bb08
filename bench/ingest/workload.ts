import { createHmac } from 'node:crypto';
import { randomNumbers } from '../../test/support/random-numbers.js';

export const SIGNING_KEY = 'bench-signing-key';
const DAY = 86_400_000;

/** A fact as the bench states it, in whatever form it is sent. */
export interface Fact {
  id: string;
  metric: 'clicked' | 'delivered' | 'converted';
  at: number;
  profile: number;
  campaign: number;
  link: number;
}

/** Five typical rules about each campaign: an event of a campaign touches those five at most. */
export function rulesOf(campaign: number): Record<string, unknown>[] {
  const where = { campaign_id: campaign };
  return [
    { performed: 'click', where, within: '30d' },
    { performed: 'click', where, within: '14d', count: { atLeast: 3 } },
    {
      performed: 'click',
      where: { ...where, cta: 'cart' },
      within: '7d',
      notFollowedBy: { performed: 'email_converted', where, within: '3d' },
    },
    {
      all: [
        { performed: 'email_delivered', where, within: '14d' },
        { not: { performed: 'click', where, within: '14d' } },
      ],
    },
    { performed: 'click', where: { ...where, link_id: { in: [1, 2, 3] } }, within: '60d' },
  ];
}

/**
 * What happens to many people, seeded: 70% clicks, 20% deliveries, 10% conversions over the last ten days, a share of it
 * to a few hot profiles, some of it told twice.
 */
export function* facts(options: {
  profiles: number;
  campaigns: number;
  seed: number;
  prefix: string;
}): Generator<Fact> {
  const random = randomNumbers(options.seed);
  const hot = Math.max(1, Math.floor(options.profiles / 100));
  const recent: Fact[] = [];
  const now = Date.now();
  for (let n = 0; ; n++) {
    if (recent.length === 1_000 && random() < 0.05) {
      yield recent[Math.floor(random() * recent.length)]!;
      continue;
    }
    const kind = random();
    const fact: Fact = {
      id: `${options.prefix}-${n}`,
      metric: kind < 0.7 ? 'clicked' : kind < 0.9 ? 'delivered' : 'converted',
      at: now - Math.floor((random() * 10 * DAY) / 1_000) * 1_000,
      profile: random() < 0.1 ? Math.floor(random() * hot) : Math.floor(random() * options.profiles),
      campaign: 1 + Math.floor(random() * options.campaigns),
      link: 1 + Math.floor(random() * 8),
    };
    recent[n % 1_000] = fact;
    yield fact;
  }
}

export function take(source: Generator<Fact>, count: number): Fact[] {
  return Array.from({ length: count }, () => source.next().value as Fact);
}

const CTA_PATHS = ['/cart', '/refill', '/product', '/guide'];

function reportOf(fact: Fact): { event_id: string; metric: string; timestamp: number; data: Record<string, unknown> } {
  return {
    event_id: fact.id,
    metric: fact.metric,
    timestamp: Math.floor(fact.at / 1_000),
    data: {
      campaign_id: fact.campaign,
      action_id: 61,
      delivery_id: `d${fact.profile}-${fact.campaign}`,
      identifiers: { id: String(fact.profile), email: null, cio_id: `c${fact.profile}` },
      ...(fact.metric === 'clicked' && {
        href: `https://shop.example${CTA_PATHS[fact.link % 4]}?utm_campaign=c${fact.campaign}`,
        link_id: fact.link,
      }),
    },
  };
}

/** A signed reporting webhook of Customer.io, as the whole text of a request. */
export function webhookRequest(fact: Fact): string {
  const body = JSON.stringify({ object_type: 'email', ...reportOf(fact) });
  const seconds = Math.floor(fact.at / 1_000);
  const signature = createHmac('sha256', SIGNING_KEY).update(`v0:${seconds}:`).update(body).digest('hex');
  return postOf('/v1/sources/customerio', body, `X-CIO-Timestamp: ${seconds}\r\nX-CIO-Signature: ${signature}\r\n`);
}

/** Many of the same reports in one request of the bench's own (see service.js). */
export function batchRequest(some: readonly Fact[]): string {
  return postOf('/bench/batch', JSON.stringify(some.map((fact) => ({ object_type: 'email', ...reportOf(fact) }))), '');
}

export function postOf(path: string, body: string, headers: string): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n${headers}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
