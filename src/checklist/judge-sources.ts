import { toIso, type Instant } from '../core/instant.js';
import { counted, listed, not, ok, type ChecklistLine } from './checklist-line.js';

/** What is known of what a source sends. */
export interface SourceFact {
  key: string;
  /** Of a source that signs its webhooks: the variable that holds its secret. */
  secret: { variable: string; isSet: boolean } | null;
  /** When the last came that could be used. */
  lastReceivedAt: Instant | null;
  /** Since when it is late; null: it is not. */
  lateSince: Instant | null;
  refusedAt: Instant | null;
  /** What came, and could not be used. */
  deadLetters: { count: number; lastAt: Instant | null };
}

/** Whether what a source sends comes, is let in, and can be used. */
export function judgeSource({ key, secret, lastReceivedAt, lateSince, ...fact }: SourceFact): ChecklistLine {
  const about = { key: `source-${key}`, about: secret ? `webhooks of ${key}` : `events of ${key}` };
  if (secret && !secret.isSet) {
    const next = `set ${secret.variable}, and start again`;
    return not('failed', about, { evidence: 'no secret is set, so that all of its webhooks are refused', next });
  }
  const unusable = `${counted(fact.deadLetters.count, 'delivery', 'deliveries')} could not be used`;
  const seeWhy = 'see why: GET /v1/sources/dead-letters';
  const letIn = Math.max(lastReceivedAt ?? -Infinity, fact.deadLetters.lastAt ?? -Infinity);
  if (fact.refusedAt !== null && fact.refusedAt > letIn) {
    return not('failed', about, {
      evidence: `the last one, at ${toIso(fact.refusedAt)}, was refused: its signature is by another key`,
      next: secret ? `set ${secret.variable} to the key that ${key} shows now` : `see which key ${key} uses`,
    });
  }
  if (lastReceivedAt === null) {
    if (fact.deadLetters.count > 0)
      return not('failed', about, { evidence: `nothing else came: ${unusable}`, next: seeWhy });
    const next = `set them up (README, Connecting; npx turnout connect), and see whether ${key} can reach this service`;
    return not('failed', about, { evidence: 'nothing ever came', next });
  }
  const last = `the last came at ${toIso(lastReceivedAt)}`;
  if (lateSince !== null) {
    return not(secret ? 'failed' : 'warning', about, {
      evidence: `${last}; late since ${toIso(lateSince)} by its own rhythm`,
      next: `see whether ${key} still sends, and what it was answered`,
    });
  }
  if (fact.deadLetters.count === 0) return ok(about, last);
  return not('warning', about, { evidence: `${last}; ${unusable}`, next: seeWhy });
}

/** What a look at how a destination is set up found, as `npx turnout check` tells it. */
export interface DestinationFact {
  key: string;
  /** Undefined: the look itself failed. */
  findings: readonly { kind: 'right' | 'wrong' | 'note'; about: string; says: string; mend?: string }[] | undefined;
}

/** Whether destinations are set up as they should be, with what they send back: full resolution, signatures, events. */
export function judgeDestinations(destinations: readonly DestinationFact[]): ChecklistLine[] {
  if (destinations.length === 0) {
    const evidence = 'none is set up that can be looked at: full resolution and signing of Customer.io are not known';
    const next = 'npx turnout connect customerio --public-url https://…';
    return [not('unknown', { key: 'destinations', about: 'destinations' }, { evidence, next })];
  }
  return destinations.map(({ key, findings }) => {
    const about = { key: `destination-${key}`, about: `set-up of ${key}` };
    const next = `npx turnout check ${key}`;
    if (!findings) return not('unknown', about, { evidence: 'the look at it failed', next });
    const wrong = findings.filter((one) => one.kind === 'wrong');
    if (wrong.length === 0) return ok(about, listed(findings.map((one) => `${one.about}: ${one.says}`)));
    const evidence = listed(wrong.map((one) => `${one.about}: ${one.says}`));
    return not('failed', about, { evidence, next: wrong[0]!.mend ?? next });
  });
}
