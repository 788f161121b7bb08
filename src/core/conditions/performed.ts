import type { PerformedRule } from '../rule.js';
import { anObject, oneOf, refined, report, type Shape } from '../shape.js';
import { anAggregate, compileAggregate, compileDistinct, aDistinct, sayAggregate, sayDistinct } from './aggregate.js';
import { aFollowerStep } from './chain.js';
import { aCount, compileCount, sayCount } from './count.js';
import type { ConditionType } from './condition.js';
import { onlyOneOf, selectorFields } from './event-selector.js';
import { anEvent, compileOneEvent, sayOneEvent } from './one-event.js';
import { compileSequence, saySequence } from './sequence.js';
import { checkWindow, windowFields } from './window-fields.js';

const AGGREGATES = ['sum', 'min', 'max', 'avg'] as const;

const fields = anObject<PerformedRule>('a condition on events', {
  ...selectorFields,
  ...windowFields,
  count: { shape: aCount },
  sum: { shape: anAggregate },
  min: { shape: anAggregate },
  max: { shape: anAggregate },
  avg: { shape: anAggregate },
  distinct: { shape: aDistinct },
  first: { shape: anEvent },
  last: { shape: anEvent },
  followedBy: { shape: aFollowerStep },
  notFollowedBy: { shape: aFollowerStep },
  anchor: { shape: oneOf('any', 'first', 'last') },
});

const shape: Shape<PerformedRule> = [
  checkWindow,
  onlyOneOf<PerformedRule>(...AGGREGATES, 'distinct', 'first', 'last', 'followedBy', 'notFollowedBy'),
  onlyOneOf<PerformedRule>(...AGGREGATES, 'distinct', 'first', 'last', 'count'),
  checkAnchor,
].reduce((form, check) => refined(form, check), fields);

function checkAnchor(rule: PerformedRule, ...[pointer, context]: CheckedAt): boolean {
  if (rule.anchor === undefined) return true;
  if (!isSequence(rule)) {
    return report(context, `${pointer}/anchor`, 'it is about sequences', '"followedBy" or "notFollowedBy" beside it');
  }
  const isOne = rule.anchor !== 'any' && rule.count !== undefined;
  return (
    !isOne || report(context, `${pointer}/count`, `there is one ${rule.anchor} anchor`, '"anchor": "any", or none')
  );
}

type CheckedAt = [pointer: string, context: Parameters<Shape<PerformedRule>['check']>[2]];

function isSequence(rule: PerformedRule): boolean {
  return rule.followedBy !== undefined || rule.notFollowedBy !== undefined;
}

/** Did it, so often, so much, first or last so, in the window; alone, or followed or not followed by something else. */
export const performed: ConditionType<PerformedRule> = {
  key: 'performed',
  shape: () => shape,
  compile: (rule) => kindOf(rule).compile(rule),
  say: (rule) => kindOf(rule).say(rule),
};

function kindOf(rule: PerformedRule) {
  if (isSequence(rule)) return { compile: compileSequence, say: saySequence };
  if (rule.first || rule.last) return { compile: compileOneEvent, say: sayOneEvent };
  if (rule.distinct) return { compile: compileDistinct, say: sayDistinct };
  if (AGGREGATES.some((name) => rule[name])) return { compile: compileAggregate, say: sayAggregate };
  return { compile: compileCount, say: sayCount };
}
