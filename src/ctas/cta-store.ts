import { Injectable } from '@nestjs/common';
import { now } from '../platform/clock.js';
import { DeclaredCache, raiseCatalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import type { ProblemEntry } from '../platform/problem.js';
import { tieProblems } from './check-patterns.js';
import { ClickClassifier } from './click-classifier.js';
import { ClickClassStore } from './click-class-store.js';
import { CtaCatalogue } from './cta-catalogue.js';
import { Cta } from './cta.entity.js';
import type { CtaDefinition, CtaPattern } from './cta-pattern.js';
import { ReclassificationStore } from './reclassification-store.js';

/** The CTA catalogue. */
@Injectable()
export class CtaStore {
  private readonly compiled = new DeclaredCache(async (tx) => {
    const catalogue = new CtaCatalogue(await tx.find(Cta));
    return { catalogue, classifier: new ClickClassifier(catalogue, await this.classes.settings(tx)) };
  });

  constructor(
    private readonly classes: ClickClassStore,
    private readonly reclassifications: ReclassificationStore,
  ) {}

  /** As of the catalogue's revision. Clicks are classed when they are read, so a changed CTA holds for past ones, too. */
  async current(tx: Transaction, revision: number): Promise<ClickClassifier> {
    return (await this.compiled.current(tx, revision)).classifier;
  }

  async catalogue(tx: Transaction, revision: number): Promise<CtaCatalogue> {
    return (await this.compiled.current(tx, revision)).catalogue;
  }

  /** Creates or replaces a CTA, unless a pattern of it ties with another CTA's. Past clicks on its links are looked at again. */
  async put(tx: Transaction, cta: CtaDefinition): Promise<{ existed: boolean } | { ties: ProblemEntry[] }> {
    // First, so that of two changes at once the second sees the first.
    await raiseCatalogueRevision(tx);
    const known = await tx.find(Cta);
    const before = known.find(({ key }) => key === cta.key);
    const ties = tieProblems(
      cta,
      known.filter((other) => other !== before),
    );
    if (ties.length > 0) return { ties };
    await query(
      tx,
      `INSERT INTO ctas (key, kind, patterns, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
       ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, patterns = excluded.patterns, updated_at = excluded.updated_at`,
      [cta.key, cta.kind, JSON.stringify(cta.patterns), new Date(await now(tx))],
    );
    await this.lookAgain(tx, cta.key, [...(before?.patterns ?? []), ...cta.patterns]);
    return { existed: before !== undefined };
  }

  list(tx: Transaction): Promise<Cta[]> {
    return tx.find(Cta, { order: { key: 'ASC' } });
  }

  find(tx: Transaction, key: string): Promise<Cta | null> {
    return tx.findOneBy(Cta, { key });
  }

  /** True if it was there. */
  async remove(tx: Transaction, key: string): Promise<boolean> {
    await raiseCatalogueRevision(tx);
    const cta = await this.find(tx, key);
    if (!cta) return false;
    await tx.delete(Cta, { key });
    await this.lookAgain(tx, key, cta.patterns);
    return true;
  }

  private lookAgain(tx: Transaction, key: string, patterns: readonly CtaPattern[]): Promise<void> {
    return this.reclassifications.order(tx, { about: `cta ${key}`, patterns });
  }
}
