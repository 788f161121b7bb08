import { needsTogether, type EventNeed } from '../core/compile-rule.js';
import type { HistoryEvent } from '../core/history-event.js';
import { nameFits } from '../core/matcher.js';
import {
  CLICK,
  CLICK_SIGNALS,
  classifyClicks,
  EVIDENCE_NAMES,
  isDelivery,
  type ClassedClick,
  type ClickEvidence,
  type ClickSignal,
} from './click-class.js';
import { LONGEST_SIGNAL, type ClickClassSettings } from './click-class-settings.js';
import type { CtaCatalogue, CtaOf } from './cta-catalogue.js';
import { normaliseHref } from './normalise-href.js';
import { RecentResults } from './recent-results.js';

/** The kind of the CTAs behind links that no reader sees: who follows one is a machine. */
export const HONEYPOT = 'honeypot';

/** A click whose class a new event has changed: as it was, as it is, and the newest event of its delivery that did it. */
export interface Reclassified {
  before: HistoryEvent;
  after: HistoryEvent;
  evidenceId: string;
}

/**
 * Gives clicks what can be said of them only now: their CTA, and whether a person or a machine clicked. A pure function of
 * a profile's events as the log holds them, so that a changed catalogue and later evidence hold for the past at once.
 */
export class ClickClassifier {
  private readonly links = new RecentResults<string>(RECENT_LINKS);

  constructor(
    private readonly catalogue: CtaCatalogue,
    private readonly settings: ClickClassSettings,
  ) {}

  /** Whoever needs clicks needs what tells of them, too. */
  needed(needs: readonly EventNeed[]): EventNeed[] {
    const clicks = needs.filter(({ name }) => nameFits(name, CLICK)).map((need) => need.lookback);
    if (clicks.length === 0) return [...needs];
    const lookback = Math.max(...clicks) + LONGEST_SIGNAL;
    return needsTogether([...needs, ...EVIDENCE_NAMES.map((name) => ({ name, lookback }))]);
  }

  /** The properties by which it classes a click alone, and those that only matter beside other events. */
  get propertiesRead(): { alone: readonly string[]; together: readonly string[] } {
    return {
      alone: [...this.catalogue.propertiesRead, 'actor_class', 'actor_signals'],
      together: ['delivery_id', 'channel', 'link_id'],
    };
  }

  /** A profile's events as rules see them, in the order given. Whatever was claimed by who sent a click is replaced. */
  classify<E extends HistoryEvent>(events: readonly E[]): E[] {
    const clicks = events.filter((event) => event.name === CLICK);
    if (clicks.length === 0) return [...events];
    const ctas = new Map(clicks.map((click) => [click.id, this.catalogue.ofClick(click.properties)]));
    const classes = this.classesOf(clicks, events, ctas);
    return events.map((event) =>
      event.name === CLICK ? classified(event, ctas.get(event.id), classes.get(event.id)!) : event,
    );
  }

  /** Clicks known before that are seen otherwise since the new events (`isNew`) came. */
  reclassified(events: readonly HistoryEvent[]): Reclassified[] {
    const newest = new Map<string, HistoryEvent>();
    for (const event of events) {
      const delivery = event.isNew && isEvidence(event) ? deliveryOf(event) : undefined;
      if (delivery !== undefined && !isLater(newest.get(delivery), event)) newest.set(delivery, event);
    }
    if (newest.size === 0) return [];
    const concerned = events.filter((event) => isEvidence(event) && newest.has(deliveryOf(event) ?? ''));
    const old = concerned.filter((event) => !event.isNew);
    if (!old.some((event) => event.name === CLICK)) return [];
    const after = new Map(this.classify(concerned).map((event) => [event.id, event]));
    return this.classify(old).flatMap((before) => {
      const now = after.get(before.id)!;
      if (before.name !== CLICK || !isSeenOtherwise(before, now)) return [];
      return [{ before, after: now, evidenceId: newest.get(deliveryOf(before)!)!.id }];
    });
  }

  private classesOf(
    clicks: readonly HistoryEvent[],
    events: readonly HistoryEvent[],
    ctas: ReadonlyMap<string, CtaOf | undefined>,
  ): Map<string, ClassedClick> {
    const deliveries = new Map<string, { clicks: ClickEvidence[]; deliveredAt: number[] }>();
    for (const click of clicks) {
      // A click of no known delivery stands alone.
      const delivery = deliveryOf(click) ?? `click ${click.id}`;
      const evidence = this.evidenceOf(click, ctas.get(click.id));
      const known = deliveries.get(delivery);
      if (known) known.clicks.push(evidence);
      else deliveries.set(delivery, { clicks: [evidence], deliveredAt: [] });
    }
    for (const event of events) {
      if (isDelivery(event)) deliveries.get(deliveryOf(event) ?? '')?.deliveredAt.push(event.occurredAt);
    }
    const classes = new Map<string, ClassedClick>();
    for (const delivery of deliveries.values()) {
      for (const [id, found] of classifyClicks(delivery, this.settings)) classes.set(id, found);
    }
    return classes;
  }

  private evidenceOf({ id, occurredAt, properties }: HistoryEvent, cta: CtaOf | undefined): ClickEvidence {
    return {
      id,
      occurredAt,
      channel: properties.channel,
      link: this.linkOf(properties.href, properties.link_id),
      isFlagged: properties.actor_class === 'machine',
      isHoneypot: cta?.kind === HONEYPOT,
      signals: signalsIn(properties.actor_signals),
    };
  }

  /** A link that stands twice in a message is one: whoever fetches all links fetches it once. */
  private linkOf(href: unknown, linkId: unknown): string {
    if (typeof href !== 'string') return `link ${String(linkId)}`;
    const known = this.links.get(href);
    if (known !== undefined) return known;
    const link = normaliseHref(href)?.href ?? href;
    if (href.length <= LONGEST_KEPT) this.links.set(href, link);
    return link;
  }
}

const RECENT_LINKS = 5_000;
/** Longer ones are worked out each time, so that memory stays bounded. */
const LONGEST_KEPT = 1_000;

const IS_EVIDENCE: ReadonlySet<string> = new Set(EVIDENCE_NAMES);

function isEvidence(event: HistoryEvent): boolean {
  return IS_EVIDENCE.has(event.name);
}

function isLater(known: HistoryEvent | undefined, event: HistoryEvent): boolean {
  if (!known || known.occurredAt !== event.occurredAt)
    return known !== undefined && known.occurredAt > event.occurredAt;
  return known.id > event.id;
}

function deliveryOf({ properties }: HistoryEvent): string | undefined {
  const id = properties.delivery_id;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** Those that are known, each once, in a fixed order. */
function signalsIn(stated: unknown): readonly ClickSignal[] {
  return Array.isArray(stated) ? CLICK_SIGNALS.filter((signal) => stated.includes(signal)) : NO_SIGNALS;
}

const NO_SIGNALS: readonly ClickSignal[] = [];

function classified<E extends HistoryEvent>(event: E, cta: CtaOf | undefined, found: ClassedClick): E {
  const properties = { ...withoutClaims(event.properties), actor_class: found.class } as Record<string, unknown>;
  if (cta) properties.cta = cta.cta;
  if (cta?.kind) properties.cta_kind = cta.kind;
  if (found.reasons.length > 0) properties.actor_reasons = found.reasons;
  return { ...event, properties };
}

/** Without what only the classifier may say; `actor_class` is always replaced. */
function withoutClaims(properties: HistoryEvent['properties']): HistoryEvent['properties'] {
  if (properties.cta === undefined && properties.cta_kind === undefined && properties.actor_reasons === undefined) {
    return properties;
  }
  const { cta: _cta, cta_kind: _kind, actor_reasons: _reasons, ...others } = properties;
  return others;
}

function isSeenOtherwise(before: HistoryEvent, after: HistoryEvent): boolean {
  return (
    before.properties.actor_class !== after.properties.actor_class ||
    String(before.properties.actor_reasons) !== String(after.properties.actor_reasons)
  );
}
