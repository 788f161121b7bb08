import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { answerWith, Faults } from './customerio-server/faults.js';
import type { Answer } from './customerio-server/route.js';
import { bodyOf, StandIn } from './stand-in.js';

/** What came in one request, whatever became of it. */
export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  body: string;
}

type Identifiers = Record<string, string>;

interface Sent {
  type: string;
  data: {
    segment?: string;
    profile?: Identifiers;
    profiles?: Identifiers[];
    decision?: Record<string, unknown>;
  };
}

/**
 * A careful receiver of webhooks over real HTTP: it verifies by the reference implementation of Standard Webhooks, takes
 * each id once, and keeps members and decisions by identifier.
 */
export class WebhookReceiver extends StandIn {
  readonly faults = new Faults();
  readonly received: ReceivedWebhook[] = [];
  /** By segment. */
  readonly members = new Map<string, Identifiers[]>();
  readonly decisions: { profile: Identifiers; decision: Record<string, unknown> }[] = [];
  readonly erased: Identifiers[] = [];
  private readonly seen = new Set<string>();

  private constructor(private readonly secret: string) {
    super();
  }

  static async start(secret: string, port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(secret);
    await receiver.listen(port);
    return receiver;
  }

  get url(): string {
    return `http://${this.host}/turnout`;
  }

  /** Who is in a segment, in the order of their identifiers. */
  membersOf(segment: string): Identifiers[] {
    return [...(this.members.get(segment) ?? [])].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  held(): object {
    const members = [...this.members].filter(([, people]) => people.length > 0);
    return { members: members.map(([segment]) => [segment, this.membersOf(segment)]), decisions: this.decisions };
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const webhook = { headers: request.headers, body: (await bodyOf(request)).toString() };
    this.received.push(webhook);
    await answerWith(this.faults.take(), response, () => this.take(webhook), this.stopping.signal);
  }

  private take({ headers, body }: ReceivedWebhook): Answer {
    let sent: Sent;
    try {
      sent = new Webhook(this.secret).verify(body, headers as Record<string, string>) as Sent;
    } catch {
      return { status: 401, body: { error: 'the signature does not match' } };
    }
    const id = String(headers['webhook-id']);
    if (!this.seen.has(id)) this.apply(sent);
    this.seen.add(id);
    return { status: 200, body: {} };
  }

  private apply({ type, data }: Sent): void {
    const { segment = '', profile = {}, profiles = [], decision = {} } = data;
    const others = (this.members.get(segment) ?? []).filter((one) => !isSame(one, profile));
    if (type === 'segment.entered') this.members.set(segment, [...others, profile]);
    else if (type === 'segment.exited') this.members.set(segment, others);
    else if (type === 'branch.decided') this.decisions.push({ profile, decision });
    else if (type === 'profile.erased') this.forget(profiles);
  }

  private forget(profiles: readonly Identifiers[]): void {
    this.erased.push(...profiles);
    const isMeant = (known: Identifiers) => profiles.some((one) => isSame(one, known));
    for (const [segment, people] of this.members) this.members.set(segment, people.filter((one) => !isMeant(one))); // prettier-ignore
    const kept = this.decisions.filter((one) => !isMeant(one.profile));
    this.decisions.splice(0, this.decisions.length, ...kept);
  }
}

/** Whoever shares an identifier is one person. */
function isSame(one: Identifiers, other: Identifiers): boolean {
  return Object.entries(one).some(([kind, value]) => other[kind] === value);
}
