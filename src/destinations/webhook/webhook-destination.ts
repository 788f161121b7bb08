import type { OutboundAnswer } from '../../platform/outbound/outbound-http.js';
import { destinationKind, type Means } from '../destination-kind.js';
import type { Destination, DestinationMessage, SendOutcome } from '../destination.js';
import { right, wrong, type Finding } from '../finding.js';
import { OPEN_GATE, throughGate, type Gate } from '../gate.js';
import { endOf } from '../request-end.js';
import { outcomeOfStatus } from '../outcome-of-status.js';
import { outcomeOfFailure, sendEach } from '../send-each.js';
import { IDENTIFIERS, mapMessage, type WebhookEvent } from './map.js';
import { makeWebhookSecret, webhookHeaders } from './sign.js';
import { WebhookSettings } from './webhook-settings.js';

const BATCH_SIZE = 100;
const REQUESTS_AT_ONCE = 8;
const REQUESTS_PER_SECOND = 50;
const FAMILY = 'webhook';
/** Of an answer nothing but its status matters. */
const MOST_BYTES = 16_384;

/**
 * Any receiver of webhooks, signed as Standard Webhooks says. Each message is a request of its own, at least once: its id
 * is the same for every attempt, its timestamp is that of the attempt. `accepted` means that it was answered 2xx.
 */
export const webhookKind = destinationKind<WebhookSettings>({
  kind: 'webhook',
  says: 'any receiver of webhooks, signed as Standard Webhooks says',
  form: WebhookSettings,
  secrets: ['secret', 'previousSecret'],
  generated: 'secret',
  rotate: ({ secret, ...rest }: Partial<WebhookSettings> & Pick<WebhookSettings, 'url'>) => ({
    ...rest,
    secret: makeWebhookSecret(),
    ...(secret !== undefined && { previousSecret: secret }),
  }),
  problemsOf({ url }, { http }) {
    const problem = http.problemOf(url);
    const expected = 'an address such as https://crm.example.com/turnout';
    return problem === undefined ? [] : [{ pointer: '/url', detail: `the URL ${problem}`, expected }];
  },
  create: (key, settings, means) => new WebhookDestination(key, settings, means),
});

class WebhookDestination implements Destination {
  readonly takes = ['membership', 'decision', 'erasure'] as const;
  readonly batchSize = BATCH_SIZE;
  readonly sendsBy = FAMILY;
  readonly limits: Destination['limits'];

  constructor(
    readonly key: string,
    private readonly settings: WebhookSettings,
    private readonly means: Means,
  ) {
    const { requestsPerSecond = REQUESTS_PER_SECOND } = settings;
    this.limits = { [FAMILY]: { requestsPerSecond, requestsAtOnce: REQUESTS_AT_ONCE } };
  }

  /** Whatever a segment may be called; there is one way to tell of it. */
  segmentProblem(segmentId: string): string | undefined {
    return segmentId.includes(':') ? '"as" is for Customer.io alone' : undefined;
  }

  async send(messages: readonly DestinationMessage[], gate = OPEN_GATE): Promise<SendOutcome[]> {
    const outcomes = await sendEach(messages, REQUESTS_AT_ONCE, (message) => this.sendOne(message, gate));
    return messages.map((message) => outcomes.get(message)!);
  }

  /** Posts a signed `turnout.ping`, which a receiver may pass over. */
  async check(): Promise<Finding[]> {
    const outcome = await this.post({ id: `msg_ping_${Date.now()}`, type: 'turnout.ping', data: {} });
    if (outcome.kind === 'accepted') return [right('receiver', 'the receiver took a signed message')];
    const says = 'reason' in outcome ? outcome.reason : 'the receiver did not answer';
    return [wrong('receiver', says, 'look at the URL, the secret that the receiver verifies by, and its log')];
  }

  private async sendOne(message: DestinationMessage, gate: Gate): Promise<SendOutcome> {
    const events = mapMessage(message, this.settings.identifiers ?? IDENTIFIERS);
    if (typeof events === 'string') return { kind: 'rejected', reason: events };
    for (const event of events) {
      const outcome = await throughGate(gate, FAMILY, () => this.post(event), endOf);
      if (outcome.kind !== 'accepted') return outcome;
    }
    return { kind: 'accepted' };
  }

  private async post({ id, type, data }: WebhookEvent): Promise<SendOutcome> {
    const { url, secret, previousSecret } = this.settings;
    const body = JSON.stringify({ type, data });
    // Receivers compare it with their own clocks, so it is the real time.
    const timestamp = Math.floor(Date.now() / 1_000);
    const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret];
    try {
      const answer = await this.means.http.request({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', ...webhookHeaders({ id, timestamp, body }, secrets) },
        body,
        timeoutMs: this.means.timeoutMs,
        mostBytes: MOST_BYTES,
      });
      return outcomeOf(answer);
    } catch (error) {
      return outcomeOfFailure(error);
    }
  }
}

const HINTS: Record<number, string> = {
  401: 'does the receiver know the secret?',
  403: 'does the receiver know the secret?',
  404: 'is the URL right?',
  410: 'the receiver wants no more',
};

function outcomeOf(answer: OutboundAnswer): SendOutcome {
  const { status } = answer;
  const isRedirect = status >= 300 && status < 400;
  const hint = isRedirect ? 'redirects are not followed: set the URL to where it leads' : HINTS[status];
  return outcomeOfStatus('the receiver', answer, hint);
}
