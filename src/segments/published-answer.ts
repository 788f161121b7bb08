import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Rule } from '../core/rule.js';
import { Problem } from '../platform/problem.js';
import { PushTargets } from './push-targets.js';
import { RuleWarnings } from './rule-warnings.js';
import { sayLeft } from './say-difference.js';
import { SegmentStore, type Published } from './segment-store.js';
import { shownSegment, shownStandings, type ShownSegment } from './shown-segment.js';

const LIST_NO_MORE =
  'it was a list of people until now, and is a rule: whoever was uploaded is a member no longer unless the rule says so; a rollback restores the list';

/** A segment in force, with all that may be a mistake in its rule. */
export interface SegmentInForce extends ShownSegment {
  /** By destination, how far it is made to hold the segment; null where nothing has to be made. */
  provisioning: Record<string, object> | null;
  warnings: string[];
}

/** What whoever asks about a segment, or has published one in whatever way, is answered. */
@Injectable()
export class PublishedAnswer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly warnings: RuleWarnings,
    private readonly targets: PushTargets,
  ) {}

  /** Throws a 404 problem where there is none. */
  async of(key: string): Promise<SegmentInForce> {
    const tx = this.dataSource.manager;
    const segment = await this.segments.find(tx, key);
    if (!segment) throw Problem.notFound(`There is no segment "${key}".`);
    const warnings = await this.warnings.of(tx, segment.rule as Rule);
    const standings = await this.targets.standings(tx, segment.push);
    return { ...shownSegment(segment), provisioning: shownStandings(segment, standings), warnings };
  }

  /** The same, with what its destinations say against it just now, once it is committed, and who leaves where. */
  async after(key: string, { push, left, isListNoMore }: Published): Promise<SegmentInForce> {
    const answer = await this.of(key);
    const more = [...(await this.targets.warningsOf(push)), ...sayLeft(left), ...(isListNoMore ? [LIST_NO_MORE] : [])];
    return { ...answer, warnings: [...answer.warnings, ...more] };
  }
}
