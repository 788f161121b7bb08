import { attributeProblem, eventProblem, idProblem, LIMITS, timestampProblem, type Problem } from './limits.js';
import { isObject, type Answer, type Call, type Route } from './route.js';
import type { CustomerioState, PersonIdentifier } from './state.js';
import { eventOf } from './track-v1-routes.js';

const IDENTIFIER_KINDS = ['id', 'email', 'phone', 'cio_id'] as const;

export const TRACK_V2_ROUTES: readonly Route[] = [
  { name: 'POST /api/v2/entity', answer: entity },
  { name: 'POST /api/v2/batch', answer: batch },
];

function entity({ body }: Call, state: CustomerioState): Answer {
  const problem = applyItem(body, state);
  return problem ? refused(problem) : { status: 200, body: {} };
}

/** Bad items are answered with 207 and told apart by their index; all others are applied. */
function batch({ body, bodyBytes, fault }: Call, state: CustomerioState): Answer {
  if (bodyBytes > LIMITS.batchBytes) return refused(tooLarge(`a batch is at most ${LIMITS.batchBytes} bytes`));
  const items = isObject(body) && Array.isArray(body.batch) ? body.batch : [];
  if (items.length === 0) {
    return refused({ reason: 'required', field: 'batch', message: 'batch must be a list of at least one item' });
  }
  const errors = items.flatMap((item: unknown, index) => {
    const isRefused = fault === 'refusedItems' && index % 3 === 0;
    const problem = isRefused ? REFUSED : applyItem(item, state);
    return problem ? [{ batch_index: index, ...problem }] : [];
  });
  return errors.length > 0 ? { status: 207, body: { errors } } : { status: 200, body: {} };
}

/** Unlike v1, v2 lists what is wrong as it does for the items of a batch. */
function refused(problem: Problem): Answer {
  return { status: 400, body: { errors: [problem] } };
}

function tooLarge(message: string): Problem {
  return { reason: 'too_large', field: '', message };
}

const REFUSED: Problem = { reason: 'invalid', field: '', message: 'not today' };

/** Applies one item, or says why not. */
function applyItem(item: unknown, state: CustomerioState): Problem | undefined {
  if (!isObject(item)) return { reason: 'invalid', field: '', message: 'an item must be an object' };
  if (Buffer.byteLength(JSON.stringify(item)) > LIMITS.entityBytes) {
    return tooLarge(`an item is at most ${LIMITS.entityBytes} bytes`);
  }
  if (item.type !== 'person') return { reason: 'invalid', field: 'type', message: 'type must be person' };
  const who = identifierOf(item.identifiers);
  if ('message' in who) return who;
  if (state.refused.has(who.value)) {
    return { reason: 'invalid', field: 'identifiers', message: `${who.value} is refused` };
  }
  if (item.action === 'identify') return identify(item, who, state);
  if (item.action === 'event') return event(item, who, state);
  return { reason: 'invalid', field: 'action', message: 'action must be identify or event' };
}

/**
 * When the attributes changed stands beside them here. Under v1's name among them it would become one of them, unnoticed:
 * stricter than the documentation, it is refused.
 */
function identify(item: Record<string, unknown>, who: PersonIdentifier, state: CustomerioState): Problem | undefined {
  const attributes = isObject(item.attributes) ? item.attributes : {};
  if ('_timestamp' in attributes) {
    return { reason: 'invalid', field: '_timestamp', message: 'the time of an identify is its timestamp' };
  }
  const problem = attributeProblem(attributes) ?? timestampProblem(item.timestamp);
  if (!problem) state.identify(who, attributes, item.timestamp);
  return problem;
}

/** An event's data are called attributes here. */
function event(item: Record<string, unknown>, who: PersonIdentifier, state: CustomerioState): Problem | undefined {
  const given = { ...item, type: undefined, data: item.attributes };
  const problem = eventProblem(given);
  if (!problem) state.record(eventOf(given), who);
  return problem;
}

function identifierOf(identifiers: unknown): PersonIdentifier | Problem {
  const given = isObject(identifiers) ? IDENTIFIER_KINDS.filter((kind) => identifiers[kind] !== undefined) : [];
  const [kind] = given;
  if (!isObject(identifiers) || !kind || given.length > 1) {
    return { reason: 'required', field: 'identifiers', message: 'identifiers must hold one identifier' };
  }
  return idProblem(identifiers[kind], `identifiers.${kind}`) ?? { kind, value: identifiers[kind] as string };
}
