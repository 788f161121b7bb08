import { Injectable } from '@nestjs/common';
import { now } from '../platform/clock.js';
import { DeclaredCache, raiseRuleRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import type { ProblemEntry } from '../platform/problem.js';
import { tieProblems } from './check-patterns.js';
import { ClickClassifier } from './click-classifier.js';
import { DEFAULT_CLICK_CLASS_SETTINGS } from './click-class-settings.js';
import { CtaCatalogue } from './cta-catalogue.js';
import { Cta } from './cta.entity.js';
import type { CtaDefinition } from './cta-pattern.js';

/** The CTA catalogue. */
@Injectable()
export class CtaStore {
  private readonly compiled = new DeclaredCache(async (tx) => {
    const catalogue = new CtaCatalogue(await tx.find(Cta));
    return { catalogue, classifier: new ClickClassifier(catalogue, DEFAULT_CLICK_CLASS_SETTINGS) };
  });

  /** As of the catalogue's revision. Clicks are classed when they are read, so a changed CTA holds for past ones, too. */
  async current(tx: Transaction, revision: number): Promise<ClickClassifier> {
    return (await this.compiled.current(tx, revision)).classifier;
  }

  async catalogue(tx: Transaction, revision: number): Promise<CtaCatalogue> {
    return (await this.compiled.current(tx, revision)).catalogue;
  }

  /** Creates or replaces a CTA, unless a pattern of it ties with another CTA's. */
  async put(tx: Transaction, cta: CtaDefinition): Promise<{ existed: boolean } | { ties: ProblemEntry[] }> {
    // First, so that of two changes at once the second sees the first.
    await raiseRuleRevision(tx);
    const known = await tx.find(Cta);
    const others = known.filter(({ key }) => key !== cta.key);
    const ties = tieProblems(cta, others);
    if (ties.length > 0) return { ties };
    await query(
      tx,
      `INSERT INTO ctas (key, kind, patterns, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
       ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, patterns = excluded.patterns, updated_at = excluded.updated_at`,
      [cta.key, cta.kind, JSON.stringify(cta.patterns), new Date(await now(tx))],
    );
    return { existed: known.length > others.length };
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
