import { LIMITS } from './limits.js';
import { isObject, refuse, type Answer, type Call, type Route } from './route.js';
import type { CustomerioState, ReportingWebhook, Segment } from './state.js';

const DEFAULT_PAGE = 1_000;

/** The App API's part about segments and reporting webhooks; `now` in ms stamps what is created. */
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
    {
      name: 'GET /v1/reporting_webhooks',
      answer: (_call, state) => ok({ reporting_webhooks: nullIfEmpty([...state.reportingWebhooks.values()]) }),
    },
    { name: 'POST /v1/reporting_webhooks', answer: createWebhook },
    { name: 'GET /v1/reporting_webhooks/:webhook', answer: withWebhook((webhook) => ok(webhook)) },
    { name: 'PUT /v1/reporting_webhooks/:webhook', answer: withWebhook(changeWebhook) },
    { name: 'DELETE /v1/reporting_webhooks/:webhook', answer: withWebhook(removeWebhook) },
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

/** Only first clicks are reported unless `full_resolution` says otherwise. */
function createWebhook({ body }: Call, state: CustomerioState): Answer {
  const fields = webhookFields(body);
  if (typeof fields === 'string') return refuse(400, fields);
  const defaults = { type: 'webhook' as const, disabled: false, full_resolution: false, with_content: false };
  return ok(state.addReportingWebhook({ ...defaults, ...fields }));
}

function changeWebhook(webhook: ReportingWebhook, { body }: Call): Answer {
  const fields = webhookFields(body);
  if (typeof fields === 'string') return refuse(400, fields);
  return ok(Object.assign(webhook, fields));
}

function removeWebhook({ id }: ReportingWebhook, _call: Call, state: CustomerioState): Answer {
  state.reportingWebhooks.delete(id);
  return { status: 200 };
}

/** What can be reported, as the documentation lists it. */
const EVENTS: ReadonlySet<string> = new Set([
  ...eventsOf('customer', 'subscribed unsubscribed subscription_preferences_changed'),
  ...eventsOf('email', 'drafted attempted sent delivered opened clicked converted bounced dropped deferred spammed'),
  ...eventsOf('email', 'failed unsubscribed undeliverable'),
  ...eventsOf('in_app', 'drafted attempted sent opened clicked converted failed undeliverable'),
  ...eventsOf('push', 'drafted attempted sent delivered opened clicked converted bounced dropped failed undeliverable'),
  ...eventsOf('slack', 'drafted attempted sent clicked converted failed'),
  ...eventsOf('sms', 'drafted attempted sent delivered clicked converted bounced dropped failed undeliverable replied'),
  ...eventsOf('whatsapp', 'drafted attempted sent delivered opened clicked converted bounced dropped failed'),
  ...eventsOf('whatsapp', 'undeliverable replied'),
  ...eventsOf('webhook', 'drafted attempted sent clicked converted failed undeliverable'),
]);

function eventsOf(about: string, metrics: string): string[] {
  return metrics.split(' ').map((metric) => `${about}_${metric}`);
}

type Switches = 'disabled' | 'full_resolution' | 'with_content';
type WebhookFields = Omit<ReportingWebhook, 'id' | 'type' | Switches> & Partial<Pick<ReportingWebhook, Switches>>;

/** Strict, so that a client that leaves out or misspells something fails, or sets what can only be read (`id`, `type`). */
function webhookFields(body: unknown): WebhookFields | string {
  if (!isObject(body)) return 'the body must be an object';
  const { name, endpoint, events, ...switches } = body;
  if (typeof name !== 'string' || name === '') return 'name is required';
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return 'endpoint must be a URL';
  const isEvent = (one: unknown): one is string => typeof one === 'string' && EVENTS.has(one);
  if (!Array.isArray(events) || events.length === 0 || !events.every(isEvent)) return 'events must be names of events';
  for (const [field, value] of Object.entries(switches)) {
    if (!['disabled', 'full_resolution', 'with_content'].includes(field)) return `${field} is not known`;
    if (typeof value !== 'boolean') return `${field} must be true or false`;
  }
  return { name, endpoint, events, ...switches };
}

function withWebhook(
  answer: (webhook: ReportingWebhook, call: Call, state: CustomerioState) => Answer,
): Route['answer'] {
  return (call, state) => {
    const webhook = state.reportingWebhooks.get(Number(call.params.webhook));
    return webhook ? answer(webhook, call, state) : refuse(404, 'reporting webhook not found');
  };
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
