import type { Instant } from '../../core/instant.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { keptScalar, propertiesOf, queryOf } from '../kept-properties.js';
import { UnusableDelivery } from '../unusable-delivery.js';
import { amountAt, firstInstant, idText } from './fields.js';
import { goodsProperties } from './goods.js';
import { buyerOf, changedAt, stateId, type Notice } from './notice.js';

/**
 * What a checkout states under both topics: that it was started, how it is now, perhaps that it was completed. None while
 * it doesn't say whose it is; the webhook that does states all of them.
 */
export function checkoutFacts(notice: Notice): IncomingEvent[] {
  const { created_at: createdAt, completed_at: completedAt } = notice.payload;
  const started = checkoutFact(notice, {
    id: 'started',
    name: 'checkout_started',
    occurredAt: firstInstant(['/created_at', createdAt]),
  });
  if (started.identifiers.length === 0) return [];
  const updatedAt = changedAt(notice);
  const isNews = updatedAt > started.occurredAt;
  const isCompleted = completedAt !== undefined && completedAt !== null;
  return [
    started,
    ...(isNews
      ? [
          checkoutFact(notice, {
            id: `updated/${stateId(notice)}`,
            name: 'checkout_updated',
            occurredAt: updatedAt,
          }),
        ]
      : []),
    ...(isCompleted
      ? [
          checkoutFact(notice, {
            id: 'completed',
            name: 'checkout_completed',
            occurredAt: firstInstant(['/completed_at', completedAt]),
          }),
        ]
      : []),
  ];
}

function checkoutFact(
  { shop, payload }: Notice,
  { id, name, occurredAt }: { id: string; name: string; occurredAt: Instant },
): IncomingEvent {
  const token = tokenOf(payload['token']);
  return {
    sourceEventId: `${shop}/checkouts/${token}/${id}`,
    name,
    occurredAt,
    identifiers: buyerOf(payload),
    properties: propertiesOf([
      ...goodsProperties(payload),
      ['checkout_id', idText(payload['id'])],
      ['checkout_token', token],
      ['total', amountAt('/total_price', payload['total_price'])],
      ['abandoned_checkout_url', recoveryUrl(payload['abandoned_checkout_url'])],
    ]),
    isRestated: true,
  };
}

function tokenOf(token: unknown): string {
  if (typeof token === 'string' && /^[\w-]{1,100}$/.test(token)) return token;
  throw new UnusableDelivery('wrong_shape', '/token', '1 to 100 letters, digits, _ and -');
}

/** Where a checkout goes on, without the key that opens it for whoever has the link: only its UTMs and discount stay. */
function recoveryUrl(url: unknown): string | undefined {
  const { origin, pathname } =
    typeof url === 'string' && URL.canParse(url) ? new URL(url) : { origin: '', pathname: '' };
  if (typeof url !== 'string' || !/^https?:/.test(origin)) return undefined;
  const kept = [...queryOf(url)].filter(([name]) => /^(utm_[a-z_]+|discount)$/.test(name));
  const query = new URLSearchParams(kept).toString();
  return keptScalar(`${origin}${pathname}${query && `?${query}`}`) as string | undefined;
}
