import { SHOPIFY_SECRET, SIGNING_KEY, type TurnoutClient } from '../../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../../support/webhooks.js';
import { VALUES } from './values.js';

/** Long enough ago for the people of the set-up to have done what they do. */
const AT = Math.floor(Date.now() / 1_000) * 1_000 - 2 * 86_400_000;
const [CLICKED, WITHOUT_PURCHASE] = VALUES['rule'] as [object, object];

/** What most requests need to lead anywhere; written anew now and then, since the fuzz removes it. */
const DECLARED: readonly (readonly [path: string, body: object])[] = [
  ['ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example.com', path: '/cart' }] }],
  ['ctas/reorder', { patterns: [{ host: 'shop.example.com', path: '/reorder/*' }] }],
  ['destinations/crm', { kind: 'webhook', settings: { url: 'https://crm.example.com/turnout' } }],
  ['link-domains/go.example.com', { allowedHosts: ['shop.example.com', '*.shop.example.com'] }],
  ['utm/schema', { schema: { keys: { utm_source: { allowed: ['customerio', 'newsletter'] } } } }],
  ['segments/clickers', { rule: CLICKED, push: { customerio: { segmentId: 7 }, crm: {} } }],
  ['segments/vip', { rule: WITHOUT_PURCHASE }],
  ['segments/vip/draft', { rule: CLICKED }],
  ['journeys/winback', { branchPoints: VALUES['branchPoints']![0] }],
];

/** Makes a shop of a few people with what a shop has, as far as it is not there. */
export async function setUp(turnout: TurnoutClient, round: number): Promise<void> {
  for (const [path, body] of DECLARED) await turnout.call('PUT', `/v1/${path}`, body);
  await turnout.call('POST', '/v1/segments/members/manual', {});
  for (let person = 0; person < 12; person++) {
    const id = String(person + (round % 5) * 12);
    const at = AT + person * 60_000;
    const href = 'https://shop.example.com/cart?utm_source=newsletter';
    const identifiers = { id, email: person === 0 ? 'ada@example.com' : `${id}@example.com` };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers, href }));
    const order = { secret: SHOPIFY_SECRET, at: at + 60_000, orderId: Number(id) + 1, email: identifiers.email };
    if (person % 3 === 0) await turnout.send(shopifyWebhook('orders/create', order));
    if (person % 2 > 0) continue;
    const decide = '/v1/journeys/winback/branch-points/after-cart/decide';
    await turnout.call('POST', decide, { identifiers: { customer_id: id }, journey_run_id: `run-${round}` });
  }
  await turnout.call('POST', '/v1/links', { cta: 'cart', destination: 'https://shop.example.com/cart', short: true });
}
