import { attributeProblem, eventProblem, idProblem, LIMITS, metricProblem } from './limits.js';
import { isObject, refuse, type Answer, type Call, type Route } from './route.js';
import {
  nameOf,
  type CustomerioState,
  type PersonIdentifier,
  type RecordedEvent,
  type ReportedMetric,
} from './state.js';

const ACCEPTED: Answer = { status: 200, body: {} };
const SEGMENT_ID_TYPES = ['id', 'email', 'cio_id'] as const;

export const TRACK_V1_ROUTES: readonly Route[] = [
  { name: 'GET /api/v1/accounts/region', answer: region },
  { name: 'PUT /api/v1/customers/:identifier', answer: identify },
  { name: 'POST /api/v1/customers/:identifier/events', answer: track },
  { name: 'POST /api/v1/customers/:identifier/suppress', answer: suppress },
  { name: 'POST /api/v1/metrics', answer: reportMetric },
  {
    name: 'POST /api/v1/segments/:segment/add_customers',
    answer: (call, state) => changeMembers(call, state, 'add'),
    subjects: membershipSubjects,
  },
  {
    name: 'POST /api/v1/segments/:segment/remove_customers',
    answer: (call, state) => changeMembers(call, state, 'remove'),
    subjects: membershipSubjects,
  },
];

function region({ origin, region }: Call): Answer {
  return { status: 200, body: { url: origin, region, environment_id: 1 } };
}

function identify({ params, body }: Call, state: CustomerioState): Answer {
  if (!isObject(body)) return refuse(400, 'body must be an object');
  const { _timestamp, ...given } = body;
  const { _update, ...attributes } = given;
  const problem = idProblem(params.identifier, 'identifier') ?? attributeProblem(attributes);
  if (problem) return refuse(400, problem.message);
  state.identify(pathIdentifier(params.identifier!, state), given, _timestamp);
  return ACCEPTED;
}

function track({ params, body }: Call, state: CustomerioState): Answer {
  if (!isObject(body)) return refuse(400, 'body must be an object');
  const problem = idProblem(params.identifier, 'identifier') ?? eventProblem(body);
  if (problem) return refuse(400, problem.message);
  state.record(eventOf(body), pathIdentifier(params.identifier!, state));
  return ACCEPTED;
}

/** Counted again when it comes again: nothing in a report tells two apart. */
function reportMetric({ body }: Call, state: CustomerioState): Answer {
  const problem = metricProblem(body);
  if (problem) return refuse(400, problem.message);
  state.metrics.push(body as ReportedMetric);
  return ACCEPTED;
}

/** Deletes the person, and turns away whatever would create them again under the same identifier. */
function suppress({ params }: Call, state: CustomerioState): Answer {
  const problem = idProblem(params.identifier, 'identifier');
  if (problem) return refuse(400, problem.message);
  state.suppress(pathIdentifier(params.identifier!, state));
  return ACCEPTED;
}

/** The event in a body that was found to be one. */
export function eventOf(body: Record<string, unknown>): Omit<RecordedEvent, 'person'> {
  const { name, id, type, timestamp, data } = body as unknown as RecordedEvent;
  return {
    name,
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...(timestamp !== undefined && { timestamp }),
    data: data ?? {},
  };
}

/** A path names a person by `cio_` and the cio_id, by customer id, or by email. */
function pathIdentifier(value: string, state: CustomerioState): PersonIdentifier {
  if (value.startsWith('cio_')) return { kind: 'cio_id', value: value.slice('cio_'.length) };
  const isEmail = value.includes('@') && !state.find({ kind: 'id', value });
  return { kind: isEmail ? 'email' : 'id', value };
}

function changeMembers(call: Call, state: CustomerioState, operation: 'add' | 'remove'): Answer {
  const segment = state.segment(call.params.segment!);
  if (!segment) return refuse(400, 'segment not found');
  if (segment.type === 'dynamic') return refuse(400, 'segment is data-driven and can not be changed');
  const idType = idTypeOf(call);
  if (!idType) return refuse(400, `id_type must be one of ${SEGMENT_ID_TYPES.join(', ')}`);
  const ids = idsOf(call);
  if (!ids || ids.length === 0 || ids.length > LIMITS.segmentIds) {
    return refuse(400, `ids must be 1 to ${LIMITS.segmentIds} strings`);
  }
  const problem = ids.map((id) => idProblem(id, 'ids')).find((one) => one !== undefined);
  if (problem) return refuse(400, problem.message);
  const refused = ids.find((id) => state.refused.has(id as string));
  if (refused !== undefined) return refuse(400, `${refused as string} is refused`);
  state.changeMembers(
    segment,
    operation,
    ids.map((id) => ({ kind: idType, value: id as string })),
  );
  return ACCEPTED;
}

function membershipSubjects(call: Call, state: CustomerioState): string[] {
  const kind = idTypeOf(call) ?? 'id';
  return (idsOf(call) ?? []).map((id) => {
    const person = state.find({ kind, value: String(id) });
    return subjectKey(call.params.segment!, person ? nameOf(person) : String(id));
  });
}

/** One text for a (segment, person) pair. */
export function subjectKey(segmentId: string | number, person: string): string {
  return `${segmentId} ${person}`;
}

function idTypeOf({ query }: Call): (typeof SEGMENT_ID_TYPES)[number] | undefined {
  const given = query.get('id_type') ?? 'id';
  return SEGMENT_ID_TYPES.find((type) => type === given);
}

function idsOf({ body }: Call): unknown[] | undefined {
  return isObject(body) && Array.isArray(body.ids) ? body.ids : undefined;
}
