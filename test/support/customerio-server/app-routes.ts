import { LIMITS } from './limits.js';
import { isObject, refuse, type Answer, type Call, type Route } from './route.js';
import type { CustomerioState, Segment } from './state.js';

const DEFAULT_PAGE = 1_000;

/** The App API's part about segments; `now` in ms stamps what is created. */
export function appRoutes(now: () => number): Route[] {
  return [
    { name: 'GET /v1/segments', answer: (_call, state) => list(state) },
    { name: 'POST /v1/segments', answer: (call, state) => create(call, state, now()) },
    { name: 'GET /v1/segments/:segment', answer: withSegment((segment) => ok({ segment: shown(segment) })) },
    { name: 'DELETE /v1/segments/:segment', answer: withSegment(remove) },
    {
      name: 'GET /v1/segments/:segment/customer_count',
      answer: withSegment((segment, { fault }) =>
        ok({ segment_id: segment.id, count: segment.members.size + (fault === 'wrongCounts' ? 7 : 0) }),
      ),
    },
    { name: 'GET /v1/segments/:segment/membership', answer: withSegment(membership) },
  ];
}

function list(state: CustomerioState): Answer {
  return ok({ segments: nullIfEmpty(state.segments().map(shown)) });
}

/** There is no idempotency key: the same name twice makes two segments. */
function create({ body }: Call, state: CustomerioState, createdAt: number): Answer {
  const given = isObject(body) && isObject(body.segment) ? body.segment : {};
  const { name, description } = given;
  if (typeof name !== 'string' || name === '') return refuse(400, 'segment.name is required');
  const segment = state.addSegment({
    name,
    createdAt,
    ...(typeof description === 'string' && { description }),
  });
  return ok({ segment: shown(segment) });
}

function remove(segment: Segment, _call: Call, state: CustomerioState): Answer {
  state.deleteSegment(segment);
  return { status: 204 };
}

/** A page's token is its predecessor's last cio_id, so that members who leave between two pages shift nothing. */
function membership(segment: Segment, { query }: Call): Answer {
  const limit = Number(query.get('limit') ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMITS.membershipPage) {
    return refuse(400, `limit must be 1 to ${LIMITS.membershipPage}`);
  }
  const after = Buffer.from(query.get('start') ?? '', 'base64url').toString();
  const rest = [...segment.members]
    .filter((person) => person.cio_id > after)
    .sort((a, b) => (a.cio_id < b.cio_id ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return ok({
    segment_id: segment.id,
    ids: nullIfEmpty(page.map((person) => person.id ?? '')),
    identifiers: nullIfEmpty(page.map(({ id, email, cio_id }) => ({ id: id ?? null, email: email ?? null, cio_id }))),
    next: last && rest.length > limit ? Buffer.from(last.cio_id).toString('base64url') : '',
  });
}

function withSegment(answer: (segment: Segment, call: Call, state: CustomerioState) => Answer): Route['answer'] {
  return (call, state) => {
    const segment = state.segment(call.params.segment!);
    return segment ? answer(segment, call, state) : refuse(404, 'segment not found');
  };
}

function shown({ id, name, description, type, createdAt }: Segment): object {
  const seconds = Math.floor(createdAt / 1_000);
  return {
    id,
    deduplicate_id: `${id}:${seconds}`,
    name,
    description,
    state: 'finished',
    progress: null,
    type,
    tags: null,
    created_at: seconds,
    updated_at: seconds,
  };
}

/** Customer.io may answer null for any empty list; here it always does, so that nobody relies on the list. */
function nullIfEmpty<T>(items: T[]): T[] | null {
  return items.length > 0 ? items : null;
}

function ok(body: object): Answer {
  return { status: 200, body };
}
