import type { BranchPoints } from '../../src/journeys/journey.js';
import type { CtaPattern } from '../../src/ctas/cta-pattern.js';
import type { Rule } from '../../src/core/rule.js';
import { T0 } from '../support/builders.js';
import {
  customerioWebhook,
  shopifyWebhook,
  type CustomerioWebhook,
  type SentWebhook,
  type ShopifyTopic,
  type ShopifyWebhook,
} from '../support/webhooks.js';
import { SHOPIFY_SECRET, SIGNING_KEY } from '../support/turnout.js';

/**
 * A story told once and played twice: on the core alone, and through the whole service with its webhooks, clock, queues
 * and Customer.io's stand-in. People go by their customer id; instants are ms since the story began.
 */
export interface Scenario {
  title: string;
  ctas: Record<string, CtaPattern[]>;
  segments: Record<string, Rule>;
  branchPoints?: BranchPoints;
  steps: Step[];
}

export interface Step {
  /** When this happens; webhooks of the step arrive then, whatever they tell of. */
  at: number;
  webhooks?: SentWebhook[];
  /** Exactly these people are members then. */
  members?: Record<string, string[]>;
  /** The branch that each person is sent to then, by branch point; null while pending. */
  branches?: Record<string, Record<string, string | null>>;
}

/** Epoch milliseconds of an instant of a story. */
export function instant(at: number): number {
  return T0 + at;
}

/** `at` is when it happened, in ms since the story began; whole seconds. */
export function clicks(person: string, at: number, href: string, more: Partial<CustomerioWebhook> = {}): SentWebhook {
  return reports(person, at, { href, ...more });
}

export function reports(person: string, at: number, more: Partial<CustomerioWebhook>): SentWebhook {
  const identifiers = { id: person, email: `${person}@example.com`, cio_id: `cio${person}` };
  return customerioWebhook({ secret: SIGNING_KEY, at: instant(at), identifiers, ...more });
}

/** An order webhook of a person who is known to the shop by email alone. */
export function orders(
  topic: ShopifyTopic,
  person: string,
  at: number,
  more: Partial<ShopifyWebhook> = {},
): SentWebhook {
  const customerId = 9_000_000_000 + [...person].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7);
  return shopifyWebhook(topic, {
    secret: SHOPIFY_SECRET,
    at: instant(at),
    customerId,
    email: `${person}@example.com`,
    orderId: customerId,
    amount: '100.00',
    ...more,
  });
}
