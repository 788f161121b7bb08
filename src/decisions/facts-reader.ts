import { Inject, Injectable } from '@nestjs/common';
import { History } from '../core/history.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import type { CtaDefinition } from '../ctas/cta-pattern.js';
import { ClickClassifier } from '../ctas/click-classifier.js';
import type { ClickClassSettings } from '../ctas/click-class-settings.js';
import { ClickClassStore } from '../ctas/click-class-store.js';
import { CtaCatalogue } from '../ctas/cta-catalogue.js';
import { CtaStore } from '../ctas/cta-store.js';
import { DeclaredCache } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { RETENTION_MS } from '../platform/retention.js';
import { historyStartOf } from '../profiles/event-history-store.js';
import { inputOf, type Input } from './input-store.js';

/** What is declared of events, and every decision rests on besides rules. */
export interface DeclaredFacts {
  ctas: CtaDefinition[];
  clickClasses: ClickClassSettings;
  /** By event name: which sources send it, and since when it is known completely. */
  events: Record<string, { sources: string[]; startsAt: Instant }>;
  /** How long events count. */
  retention: Milliseconds;
}

/** The declared facts in force. */
@Injectable()
export class FactsReader {
  private readonly facts = new DeclaredCache<Input<DeclaredFacts>>((tx) => this.load(tx));

  constructor(
    private readonly ctas: CtaStore,
    private readonly classes: ClickClassStore,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  /** As of the catalogue's revision. */
  current(tx: Transaction, revision: number): Promise<Input<DeclaredFacts>> {
    return this.facts.current(tx, revision);
  }

  private async load(tx: Transaction): Promise<Input<DeclaredFacts>> {
    const ctas = (await this.ctas.list(tx)).map(({ key, kind, patterns }) => ({ key, kind, patterns }));
    const rows = await query<{ name: string; sources: string[]; starts_at: Date }>(
      tx,
      `SELECT event_name AS name, array_agg(source ORDER BY source) AS sources, min(starts_at) AS starts_at
         FROM event_histories GROUP BY event_name ORDER BY event_name`,
    );
    const events = rows.map(
      ({ name, sources, starts_at }) => [name, { sources, startsAt: starts_at.getTime() }] as const,
    );
    const clickClasses = await this.classes.settings(tx);
    return inputOf({ ctas, clickClasses, events: Object.fromEntries(events), retention: this.retention });
  }
}

/** How clicks are classed under some declared facts: those of today, or those that were in force once. */
export function classifierUnder({ ctas, clickClasses }: DeclaredFacts): ClickClassifier {
  return new ClickClassifier(new CtaCatalogue(ctas), clickClasses);
}

/** A history as it is under some declared facts. */
export function historyUnder(facts: DeclaredFacts, known: readonly HistoryEvent[], profile: string): History {
  const starts = Object.entries(facts.events).map(([name, { startsAt }]) => [name, startsAt] as const);
  const inOrder = [...known].sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
  const events = classifierUnder(facts).classify(inOrder);
  const { retention } = facts;
  return History.ofDistinct(events, { startsAt: historyStartOf(new Map(starts)), profile, retention });
}
