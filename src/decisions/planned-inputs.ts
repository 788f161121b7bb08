import { Injectable } from '@nestjs/common';
import { RuleCompiler } from '../core/compile-rule.js';
import { planPoint, segmentRulesOf, type PlannedPoint, type PointRules } from '../journeys/plan-point.js';
import type { Transaction } from '../platform/database.js';
import { InputStore } from './input-store.js';

const MOST_KEPT = 1_000;

/** Branch points as they were when decisions were asked, ready to decide by again. */
@Injectable()
export class PlannedInputs {
  private readonly points = new Map<string, PlannedPoint>();

  constructor(private readonly inputs: InputStore) {}

  /** By the digest of their rules; what was never kept is missing. */
  async of(tx: Transaction, digests: readonly (string | null)[]): Promise<Map<string, PlannedPoint>> {
    const wanted = [...new Set(digests.filter((digest) => digest !== null))];
    const missing = wanted.filter((digest) => !this.points.has(digest));
    if (missing.length > 0) {
      if (this.points.size + missing.length > MOST_KEPT) this.points.clear();
      for (const [digest, content] of await this.inputs.find(tx, missing)) {
        const rules = content as PointRules;
        this.points.set(digest, planPoint(rules, new RuleCompiler(segmentRulesOf(rules))));
      }
    }
    return new Map(wanted.flatMap((digest) => (this.points.has(digest) ? [[digest, this.points.get(digest)!]] : [])));
  }
}
