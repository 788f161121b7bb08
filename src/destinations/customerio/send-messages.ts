import { IdentifierType, type TrackClient } from 'customerio-node';
import type { DestinationMessage, SendOutcome } from '../destination.js';
import { throughGate, type Gate } from '../gate.js';
import { endOf } from '../request-end.js';
import { runBounded } from '../run-bounded.js';
import { sendDivided } from '../send-divided.js';
import { packed, type BatchItem } from './batch-items.js';
import { classifyError, refusedItem } from './classify-error.js';
import {
  leaversOf,
  planRequests,
  type DecisionsAs,
  type MembershipRequest,
  type ReportRequest,
  type SuppressRequest,
} from './plan-requests.js';

/** The Track API, and the gate before it. */
export interface TrackApi {
  client: TrackClient;
  gate: Gate;
  family: string;
  requestsAtOnce: number;
  decisionsAs: DecisionsAs;
}

/** What became of messages so far, by index. */
type Outcomes = Map<number, SendOutcome>;

const ACCEPTED: SendOutcome = { kind: 'accepted' };
const ID_TYPES = { id: IdentifierType.Id, cio_id: IdentifierType.CioId, email: IdentifierType.Email };

/** First those who leave, then what is stated: where the two are one person to Customer.io, the last word counts. */
export async function sendMessages(api: TrackApi, messages: readonly DestinationMessage[]): Promise<SendOutcome[]> {
  const hindered = await sendLeaving(api, messages);
  const stated = [...messages.keys()].filter((index) => !hindered.has(index));
  const outcomes = await sendAll(
    api,
    stated.map((index) => messages[index]!),
  );
  const outcomeOf = new Map([...hindered, ...stated.map((index, place) => [index, outcomes[place]!] as const)]);
  return messages.map((_, index) => outcomeOf.get(index)!);
}

/** Takes those who leave out of their segments; what hindered that, by the index of the message. */
async function sendLeaving(api: TrackApi, messages: readonly DestinationMessage[]): Promise<Outcomes> {
  const leavers = messages.flatMap((message, index) =>
    leaversOf(message).map((leaver) => ({ index, message: leaver })),
  );
  const outcomes = await sendAll(
    api,
    leavers.map((one) => one.message),
  );
  return new Map(
    leavers.flatMap(({ index }, place) => {
      const outcome = outcomes[place]!;
      return outcome.kind === 'accepted' ? [] : [[index, outcome] as const];
    }),
  );
}

async function sendAll(api: TrackApi, messages: readonly DestinationMessage[]): Promise<SendOutcome[]> {
  const plan = planRequests(messages, api.decisionsAs);
  const outcomes: Outcomes = new Map();
  for (const [index, reason] of plan.rejected) outcomes.set(index, { kind: 'rejected', reason });
  await runBounded(packed(plan.introductions), api.requestsAtOnce, (batch) => sendItems(api, batch, outcomes));
  const work = [
    ...plan.memberships.map((request) => () => sendMembership(api, request, outcomes)),
    ...packed(plan.items).map((batch) => () => sendItems(api, batch, outcomes)),
    ...plan.reports.map((request) => () => report(api, request, outcomes)),
    ...plan.suppressions.map((request) => () => suppress(api, request, outcomes)),
  ];
  await runBounded(work, api.requestsAtOnce, (send) => send());
  return messages.map((_, index) => outcomes.get(index)!);
}

/** A message that several requests are made for is accepted when all of them are. */
function note(outcomes: Outcomes, settles: readonly number[], outcome: SendOutcome): void {
  for (const index of settles) {
    const known = outcomes.get(index);
    if (!known || known.kind === 'accepted') outcomes.set(index, outcome);
  }
}

/** Whoever could not be introduced is not added. */
async function sendMembership(api: TrackApi, request: MembershipRequest, outcomes: Outcomes): Promise<void> {
  const { segmentId, isMember, idKind } = request;
  const members = request.members.filter(
    ({ settles }) => (outcomes.get(settles[0]!)?.kind ?? 'accepted') === 'accepted',
  );
  const found = await sendDivided(members, async (part) => {
    const ids = part.map((one) => one.id);
    const change = isMember ? 'addCustomersToSegment' : 'removeCustomersFromSegment';
    const outcome = await inTurn(api, ids, () => api.client[change](segmentId, ids, ID_TYPES[idKind]));
    return part.map(() => outcome);
  });
  for (const [index, { settles }] of members.entries()) note(outcomes, settles, found[index]!);
}

/** Items of one batch; those that are refused one by one are told apart by their index. */
async function sendItems(api: TrackApi, batch: readonly BatchItem[], outcomes: Outcomes): Promise<void> {
  const found = await sendDivided(batch, (part) => sendBatch(api, part));
  for (const [index, { settles }] of batch.entries()) note(outcomes, settles, found[index]!);
}

async function sendBatch(api: TrackApi, items: readonly BatchItem[]): Promise<SendOutcome[]> {
  const names = items.flatMap((one) => one.names);
  let answer: unknown;
  const outcome = await inTurn(api, names, async () => {
    answer = await api.client.batch(items.map((one) => one.operation));
  });
  const outcomes = items.map(() => outcome);
  if (outcome.kind !== 'accepted') return outcomes;
  const { errors } = Object(answer) as { errors?: unknown };
  for (const error of Array.isArray(errors) ? (errors as unknown[]) : []) {
    const { batch_index: index } = Object(error) as { batch_index?: unknown };
    // An answer that speaks of none of the items says nothing about them; to send them again harms nobody.
    if (typeof index !== 'number' || !items[index]) {
      return items.map(() => ({
        kind: 'retry',
        reason: 'Customer.io answered with errors about items that were not sent',
      }));
    }
    outcomes[index] = refusedItem(error, items[index].names);
  }
  return outcomes;
}

async function report(api: TrackApi, { report, settles }: ReportRequest, outcomes: Outcomes): Promise<void> {
  note(outcomes, settles, await inTurn(api, [report.delivery_id], () => api.client.reportMetric(report)));
}

async function suppress(api: TrackApi, { people, settles }: SuppressRequest, outcomes: Outcomes): Promise<void> {
  for (const person of people) note(outcomes, settles, await inTurn(api, people, () => api.client.suppress(person)));
}

/** `names` are those whom an answer may not name. */
async function inTurn(api: TrackApi, names: readonly string[], request: () => Promise<unknown>): Promise<SendOutcome> {
  return throughGate(
    api.gate,
    api.family,
    async (): Promise<SendOutcome> => {
      try {
        await request();
        return ACCEPTED;
      } catch (error) {
        return classifyError(error, names);
      }
    },
    endOf,
  );
}
