import type { Instant } from '../../src/core/instant.js';
import { SHOPIFY_SECRET, SIGNING_KEY, type Answer, type JsonObject, type TurnoutClient } from './turnout.js';
import { customerioWebhook, shopifyWebhook, type ShopifyTopic, type ShopifyWebhook } from './webhooks.js';

/** Speaks to a Turnout as a journey and its people do; people go by a customer id that is a number. */
export class JourneyClient {
  constructor(
    private readonly turnout: TurnoutClient,
    private readonly journey: string,
  ) {}

  declare(branchPoints: object, more: object = {}): Promise<JsonObject> {
    return this.turnout.must('PUT', `/v1/journeys/${this.journey}`, { branchPoints, ...more });
  }

  /** `query` as `?explain=true`. */
  ask(point: string, body: object, { query = '', key }: { query?: string; key?: string } = {}): Promise<Answer> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.turnout.call(
      'POST',
      `/v1/journeys/${this.journey}/branch-points/${point}/decide${query}`,
      body,
      headers,
    );
  }

  async decide(point: string, id: number, more: object = {}, query = ''): Promise<JsonObject> {
    const answer = await this.ask(point, { identifiers: { customer_id: id }, ...more }, { query });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  click(id: number, at: Instant, href = 'https://shop.example/a'): Promise<Answer> {
    return this.turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, href, identifiers: personOf(id) }));
  }

  order(topic: ShopifyTopic, id: number, at: Instant, more: Partial<ShopifyWebhook> = {}): Promise<Answer> {
    const { email } = personOf(id);
    const ids = { orderId: 5_000_000 + id, customerId: 9_000_000 + id };
    return this.turnout.send(
      shopifyWebhook(topic, { secret: SHOPIFY_SECRET, at, ...ids, email, amount: '100.00', ...more }),
    );
  }
}

export function personOf(id: number): { id: string; email: string; cio_id: string } {
  return { id: String(id), email: `p${id}@example.com`, cio_id: `cio${id}` };
}
