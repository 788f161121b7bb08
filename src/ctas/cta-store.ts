import { Injectable } from '@nestjs/common';
import type { HistoryEvent } from '../core/history-event.js';
import { now } from '../platform/clock.js';
import { DeclaredCache, raiseRuleRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { Cta } from './cta.entity.js';
import { compileCatalogue, type CtaClassifier, type CtaPattern } from './cta-pattern.js';

/** Gives an event what the catalogue says of it. */
export type EventClassifier = <E extends HistoryEvent>(event: E) => E;

/** The CTA catalogue. */
@Injectable()
export class CtaStore {
  private readonly classifier = new DeclaredCache<EventClassifier>(async (tx) =>
    classifierOf(compileCatalogue(await tx.find(Cta))),
  );

  /** As of the catalogue's revision. Clicks are classed when they are read, so a changed CTA holds for past ones, too. */
  current(tx: Transaction, revision: number): Promise<EventClassifier> {
    return this.classifier.current(tx, revision);
  }

  /** Creates or replaces a CTA; true if it was there. */
  async put(tx: Transaction, cta: { key: string; kind: string | null; patterns: CtaPattern[] }): Promise<boolean> {
    await raiseRuleRevision(tx);
    const [row] = await query<{ existed: boolean }>(
      tx,
      `INSERT INTO ctas (key, kind, patterns, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
       ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, patterns = excluded.patterns, updated_at = excluded.updated_at
       RETURNING xmax <> 0 AS existed`,
      [cta.key, cta.kind, JSON.stringify(cta.patterns), new Date(await now(tx))],
    );
    return row!.existed;
  }

  list(tx: Transaction): Promise<Cta[]> {
    return tx.find(Cta, { order: { key: 'ASC' } });
  }

  find(tx: Transaction, key: string): Promise<Cta | null> {
    return tx.findOneBy(Cta, { key });
  }

  /** True if it was there. */
  async remove(tx: Transaction, key: string): Promise<boolean> {
    await raiseRuleRevision(tx);
    return ((await tx.delete(Cta, { key })).affected ?? 0) > 0;
  }
}

/** A link's own parameters can't claim a CTA: the property `cta` is the catalogue's alone. */
function classifierOf(ctaOf: CtaClassifier): EventClassifier {
  return (event) => {
    if (event.name !== 'click') return event;
    const { cta: _claimed, ...properties } = event.properties;
    const cta = typeof properties.href === 'string' ? ctaOf(properties.href) : undefined;
    return { ...event, properties: cta === undefined ? properties : { ...properties, cta } };
  };
}
