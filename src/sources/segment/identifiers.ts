import type { Identifier } from '../../profiles/identifier.js';
import { evidenceFrom, type Evidence } from '../evidence.js';
import { objectIn, type JsonObject } from '../json-body.js';
import { traitsOf } from './check-call.js';
import { isOrderEvent } from './commerce.js';

const EMAIL = /^[^\s@]+@[^\s@]+$/;

/**
 * Who a call is about. An id that is an email address is taken for one, as Customer.io does. An alias and an identify name
 * both ids of one person, and both are evidence that they are one.
 */
export function identifiersOf(call: JsonObject, name: string): Identifier[] {
  const { userId, anonymousId, previousId } = call;
  const traits = traitsOf(call);
  const { email, phone } = objectIn(call['properties']);
  return evidenceFrom([
    idOf('customer_id', userId),
    idOf('anonymous_id', anonymousId),
    ...(call['type'] === 'alias' ? [idOf('anonymous_id', previousId)] : []),
    ['email', traits['email']],
    ['phone', traits['phone']],
    ['cio_id', traits['cio_id']],
    ['shopify_customer_id', traits['shopify_customer_id']],
    ...(isOrderEvent(name)
      ? ([
          ['email', email],
          ['phone', phone],
        ] satisfies Evidence[])
      : []),
  ]);
}

/** The id that an alias calls a former one may be an anonymous one or a customer's: the latter as soon as one comes with it. */
export function formerIdOf({ type, previousId }: JsonObject): Identifier | undefined {
  const former = type === 'alias' ? evidenceFrom([idOf('customer_id', previousId)])[0] : undefined;
  return former?.kind === 'customer_id' ? former : undefined;
}

function idOf(kind: 'customer_id' | 'anonymous_id', id: unknown): Evidence {
  return typeof id === 'string' && EMAIL.test(id.trim()) ? ['email', id] : [kind, id];
}
