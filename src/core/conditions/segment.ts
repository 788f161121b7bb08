import { durationInWords, parseDuration } from '../instant.js';
import type { SegmentRule } from '../rule.js';
import { aDuration, anObject, aText } from '../shape.js';
import { orNull, type CompiledCondition, type ConditionType } from './condition.js';
import { sustained } from './sustained.js';

/** Membership of another segment, as if its rule stood here; or without a break for some time. */
export const segment: ConditionType<SegmentRule> = {
  key: 'segment',
  shape: () =>
    anObject<SegmentRule>('an object {"segment": "its key"}', {
      segment: { shape: aText, isRequired: true },
      for: { shape: aDuration },
    }),
  compile: (rule, context) => {
    const condition = inSegment(context.segment(rule.segment), saySegment({ segment: rule.segment }));
    return rule.for === undefined ? condition : sustained(condition, rule.for, saySegment(rule));
  },
  say: saySegment,
};

function inSegment(child: CompiledCondition, sentence: string): CompiledCondition {
  return {
    ...child,
    explain: (history, asOf) => {
      const { truth, until } = child.judge(history, asOf);
      return { condition: sentence, value: truth, changesAt: orNull(until), of: [child.explain(history, asOf)] };
    },
  };
}

function saySegment(rule: SegmentRule): string {
  const span = rule.for === undefined ? '' : ` for at least ${durationInWords(parseDuration(rule.for)!)}`;
  return `in the segment "${rule.segment}"${span}`;
}
