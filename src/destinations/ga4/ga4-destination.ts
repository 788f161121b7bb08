import type { OutboundAnswer } from '../../platform/outbound/outbound-http.js';
import { destinationKind, type Means } from '../destination-kind.js';
import type { Destination, DestinationMessage, MessageKind, SendOutcome } from '../destination.js';
import { right, wrong, type Finding } from '../finding.js';
import { OPEN_GATE, throughGate } from '../gate.js';
import { outcomeOfStatus } from '../outcome-of-status.js';
import { endOf } from '../request-end.js';
import { outcomeOfFailure, sendEach } from '../send-each.js';
import { Ga4Settings } from './ga4-settings.js';
import { CONVERSION_EVENT, EVENT_NAME, REFUND_EVENT, planRequests, type Ga4Body } from './map.js';

const BATCH_SIZE = 100;
const REQUESTS_AT_ONCE = 8;
const REQUESTS_PER_SECOND = 50;
const MOST_BYTES = 16_384;
const FAMILY = 'collect';
const HOSTS = { global: 'https://www.google-analytics.com', eu: 'https://region1.google-analytics.com' };

/**
 * Google Analytics 4 by its Measurement Protocol: decisions as events, and purchases that followed a click with what was
 * taken back of them if that is wanted, for analysis. It is told of nobody by name, keeps no members, and forgets by its own
 * retention. It answers 2xx whatever comes, so `accepted` means no more than that; an event that is sent again is counted
 * again: count distinct `decision_id` and `transaction_id`.
 */
export const ga4Kind = destinationKind<Ga4Settings>({
  kind: 'ga4',
  says: 'Google Analytics 4, for decisions and attributed purchases',
  form: Ga4Settings,
  secrets: ['apiSecret'],
  problemsOf({ collectUrl }, { http }) {
    if (collectUrl === undefined || http.isTrusted(collectUrl)) return [];
    const expected = 'a URL at a host of OUTBOUND_TRUSTED_HOSTS; left out, the address is that of the region';
    return [{ pointer: '/collectUrl', detail: 'not a trusted host', expected }];
  },
  create: (key, settings, means) => new Ga4Destination(key, settings, means),
});

class Ga4Destination implements Destination {
  readonly takes: readonly MessageKind[];
  readonly attribution: NonNullable<Destination['attribution']>;
  readonly batchSize = BATCH_SIZE;
  readonly sendsBy = FAMILY;
  readonly limits: Destination['limits'];

  constructor(
    readonly key: string,
    private readonly settings: Ga4Settings,
    private readonly means: Means,
  ) {
    const { requestsPerSecond = REQUESTS_PER_SECOND, conversions = false } = settings;
    const { conversionWindow: window = '7d', conversionCredit: credit = 'last' } = settings;
    this.takes = conversions ? ['decision', 'conversion'] : ['decision'];
    this.attribution = { window, credit };
    this.limits = { [FAMILY]: { requestsPerSecond, requestsAtOnce: REQUESTS_AT_ONCE } };
  }

  segmentProblem(): string {
    return 'Google Analytics is told of decisions, not of segments';
  }

  async send(messages: readonly DestinationMessage[], gate = OPEN_GATE): Promise<SendOutcome[]> {
    const { apiSecret: secret, sendUserId = false } = this.settings;
    const { conversionEvent = CONVERSION_EVENT, refundEvent = REFUND_EVENT } = this.settings;
    const how = { secret, sendUserId, conversionEvent, refundEvent };
    const { requests, rejected } = planRequests(messages, how, this.now());
    const outcomes = new Map<number, SendOutcome>();
    for (const [index, reason] of rejected) outcomes.set(index, { kind: 'rejected', reason });
    const sent = await sendEach(requests, REQUESTS_AT_ONCE, ({ body }) =>
      throughGate(gate, FAMILY, () => this.collect(body), endOf),
    );
    for (const [{ settles }, outcome] of sent) for (const index of settles) outcomes.set(index, outcome);
    return messages.map((_, index) => outcomes.get(index)!);
  }

  /** Has an event validated, which counts nothing. Whether the secret is right nobody tells. */
  async check(): Promise<Finding[]> {
    const params = { decision_id: 'check', branch: 'check', engagement_time_msec: 1 };
    const body = { client_id: '1.1', timestamp_micros: this.now() * 1_000, events: [{ name: EVENT_NAME, params }] };
    const mend = 'look at the measurement id, and whether Google Analytics can be reached from here';
    const answer = await this.post('/debug/mp/collect', body).catch(outcomeOfFailure);
    if ('kind' in answer) return [wrong('validation', answer.reason, mend)];
    if (answer.status !== 200) return [wrong('validation', `the validation answered ${answer.status}`, mend)];
    const complaints = complaintsIn(answer.body.toString());
    if (complaints === undefined) return [wrong('validation', 'the validation answered something else', mend)];
    if (complaints.length === 0)
      return [right('validation', 'an event is valid; that the secret is right is not told')];
    return complaints.map((code) => wrong('validation', `an event is not valid: ${code}`, mend));
  }

  private async collect(body: Ga4Body): Promise<SendOutcome> {
    try {
      return outcomeOfStatus('Google Analytics', await this.post('/mp/collect', body));
    } catch (error) {
      return outcomeOfFailure(error); // its URL, which holds the secret, is never told
    }
  }

  private post(path: string, body: Ga4Body): Promise<OutboundAnswer> {
    const { measurementId, apiSecret, region = 'global', collectUrl } = this.settings;
    const query = new URLSearchParams({ measurement_id: measurementId, api_secret: apiSecret });
    return this.means.http.request({
      method: 'POST',
      url: `${(collectUrl ?? HOSTS[region]).replace(/\/+$/, '')}${path}?${query.toString()}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      timeoutMs: this.means.timeoutMs,
      mostBytes: MOST_BYTES,
    });
  }

  /** Google reckons what is too old from its own clock. */
  private now(): number {
    return (this.means.now ?? Date.now)();
  }
}

/** What the validation finds wrong, by its own codes; undefined where it did not say. */
function complaintsIn(text: string): string[] | undefined {
  try {
    const { validationMessages } = JSON.parse(text) as { validationMessages?: unknown };
    if (!Array.isArray(validationMessages)) return undefined;
    return validationMessages.map((one) => String((one as { validationCode?: unknown } | null)?.validationCode));
  } catch {
    return undefined;
  }
}
