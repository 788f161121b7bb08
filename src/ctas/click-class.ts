import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { LONGEST_SIGNAL, type ClickClassSettings } from './click-class-settings.js';

export type ClickClass = 'human' | 'suspect' | 'machine';

/** What speaks for a machine. */
export type ClickReason = keyof typeof WEIGHTS;

/** What a redirector sees of a request by itself. */
export const CLICK_SIGNALS = ['head_request', 'prefetch', 'scanner_agent', 'shared_address'] as const;

export type ClickSignal = (typeof CLICK_SIGNALS)[number];

/** One strong sign makes a machine. Of the weak ones one makes a suspect, and two that are independent a machine. */
const WEIGHTS = {
  /** The source says so. */
  flagged: 2,
  /** The link is one that no reader sees. */
  honeypot: 2,
  /** The honeypot of the same delivery was clicked about then. */
  near_honeypot: 2,
  /** Many different links of one delivery at once. */
  many_links_at_once: 2,
  /** Too soon after the delivery of an email for anybody to have read it. */
  at_delivery: 2,
  soon_after_delivery: 1,
  two_links_at_once: 1,
  /** Only the headers of the page were asked for: no browser does that of a link. */
  head_request: 2,
  /** A browser or an app looked ahead; nobody asked for the page yet. */
  prefetch: 2,
  /** Who asked calls itself a robot, or nothing. */
  scanner_agent: 2,
  /** Links of many people were followed from one address within seconds: a mail filter, or a whole company. */
  shared_address: 1,
} as const;

/** A click as far as its class depends on it. */
export interface ClickEvidence {
  id: string;
  occurredAt: Instant;
  channel: unknown;
  /** Tells the links of a delivery apart. */
  link: string;
  isFlagged: boolean;
  isHoneypot: boolean;
  signals: readonly ClickSignal[];
}

/** What is known of one delivery: its clicks, in any order, and when it was sent or delivered. */
export interface DeliveryEvidence {
  clicks: readonly ClickEvidence[];
  deliveredAt: readonly Instant[];
}

export interface ClassedClick {
  class: ClickClass;
  /** In a fixed order; empty for a human's. */
  reasons: ClickReason[];
}

/** On what the class of a click rests besides clicks. Pushes and messages in an app may well be answered at once. */
const DELIVERY_NAMES = [
  'email_sent',
  'email_delivered',
  'sms_sent',
  'sms_delivered',
  'whatsapp_sent',
  'whatsapp_delivered',
];

export const CLICK = 'click';

/** The events on which the class of a click rests. */
export const EVIDENCE_NAMES: readonly string[] = [CLICK, ...DELIVERY_NAMES];

const IS_DELIVERY: ReadonlySet<string> = new Set(DELIVERY_NAMES);

export function isDelivery(event: HistoryEvent): boolean {
  return IS_DELIVERY.has(event.name);
}

const READ_AND_CLICKED = new Set<unknown>(['email', 'sms', 'whatsapp']);

/**
 * Who clicked, a person or a machine, for each click of one delivery, by its id. It depends on what happened around each
 * click and not on the order in which that became known; a later click of the same delivery is judged by itself.
 */
export function classifyClicks(
  { clicks, deliveredAt }: DeliveryEvidence,
  settings: ClickClassSettings,
): Map<string, ClassedClick> {
  const ordered = clicks.length > 1 ? [...clicks].sort(byTime) : clicks;
  const together = signsTogether(ordered, settings);
  const latestFirst = [...deliveredAt].sort((a, b) => b - a);
  const classed = new Map<string, ClassedClick>();
  for (const click of ordered) {
    const reasons = reasonsOf(click, together, timingOf(click, latestFirst, settings));
    classed.set(click.id, { class: classFor(reasons), reasons });
  }
  return classed;
}

function byTime(a: ClickEvidence, b: ClickEvidence): number {
  return a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1);
}

/** What clicks of one delivery show together. */
interface SignsTogether {
  bursts: ReadonlySet<ClickEvidence>;
  pairs: ReadonlySet<ClickEvidence>;
  nearHoneypots: ReadonlySet<ClickEvidence>;
}

const NO_CLICKS: ReadonlySet<ClickEvidence> = new Set();
const ALONE: SignsTogether = { bursts: NO_CLICKS, pairs: NO_CLICKS, nearHoneypots: NO_CLICKS };

function signsTogether(ordered: readonly ClickEvidence[], settings: ClickClassSettings): SignsTogether {
  if (ordered.length === 1 && settings.burstLinks > 1) return ALONE;
  return {
    bursts: atOnce(ordered, settings.burstLinks, settings.burstWithin),
    pairs: atOnce(ordered, 2, settings.pairWithin),
    nearHoneypots: nearHoneypot(ordered, settings.honeypotWithin),
  };
}

function reasonsOf(
  click: ClickEvidence,
  { bursts, pairs, nearHoneypots }: SignsTogether,
  timing: ReturnType<typeof timingOf>,
): ClickReason[] {
  const reasons: ClickReason[] = [];
  if (click.isFlagged) reasons.push('flagged');
  if (click.isHoneypot) reasons.push('honeypot');
  if (nearHoneypots.has(click)) reasons.push('near_honeypot');
  if (bursts.has(click)) reasons.push('many_links_at_once');
  if (timing) reasons.push(timing);
  if (pairs.has(click) && !bursts.has(click)) reasons.push('two_links_at_once');
  reasons.push(...click.signals);
  return reasons;
}

function classFor(reasons: readonly ClickReason[]): ClickClass {
  const weight = reasons.reduce((sum, reason) => sum + WEIGHTS[reason], 0);
  return weight >= 2 ? 'machine' : weight === 1 ? 'suspect' : 'human';
}

/** Clicks that lie, with those of `links` different links at least, in a span shorter than `within`; in order of time. */
function atOnce(ordered: readonly ClickEvidence[], links: number, within: Milliseconds): Set<ClickEvidence> {
  const found = new Set<ClickEvidence>();
  const inSpan = new Map<string, number>();
  let first = 0;
  for (let last = 0; last < ordered.length; last++) {
    const { link, occurredAt } = ordered[last]!;
    inSpan.set(link, (inSpan.get(link) ?? 0) + 1);
    for (; occurredAt - ordered[first]!.occurredAt >= within && first < last; first++) {
      const left = inSpan.get(ordered[first]!.link)! - 1;
      if (left === 0) inSpan.delete(ordered[first]!.link);
      else inSpan.set(ordered[first]!.link, left);
    }
    if (inSpan.size < links) continue;
    for (let index = last; index >= first && !found.has(ordered[index]!); index--) found.add(ordered[index]!);
  }
  return found;
}

/** Clicks of other links that lie less than `within` before or after one of the honeypot; in order of time. */
function nearHoneypot(ordered: readonly ClickEvidence[], within: Milliseconds): Set<ClickEvidence> {
  const honeypots = ordered.filter((click) => click.isHoneypot);
  const found = new Set<ClickEvidence>();
  let next = 0;
  for (const click of ordered) {
    while (next < honeypots.length && honeypots[next]!.occurredAt < click.occurredAt) next++;
    const gaps = [honeypots[next - 1], honeypots[next]].map((one) =>
      one ? Math.abs(one.occurredAt - click.occurredAt) : Infinity,
    );
    if (!click.isHoneypot && Math.min(...gaps) < within) found.add(click);
  }
  return found;
}

/**
 * Sources tell of deliveries to the second and now and then late, so a click up to an hour before its delivery is one at
 * its delivery. An email that was sent and not yet delivered counts from when it was sent.
 */
function timingOf(
  { channel, occurredAt }: ClickEvidence,
  latestFirst: readonly Instant[],
  { machineAfterDelivery, suspectAfterDelivery }: ClickClassSettings,
): 'at_delivery' | 'soon_after_delivery' | undefined {
  if (!READ_AND_CLICKED.has(channel)) return undefined;
  const delivered = latestFirst.find((at) => at < occurredAt + LONGEST_SIGNAL);
  if (delivered === undefined) return undefined;
  const isSooner = (span: Milliseconds): boolean => span > 0 && occurredAt - delivered < span;
  if (isSooner(machineAfterDelivery)) return channel === 'email' ? 'at_delivery' : 'soon_after_delivery';
  return isSooner(suspectAfterDelivery) ? 'soon_after_delivery' : undefined;
}
