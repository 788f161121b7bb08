import type { Life } from '../history-event.js';
import { durationInWords, parseDuration, type Instant } from '../instant.js';
import { compileMatcher } from '../matcher.js';
import { propertyReader } from '../property.js';
import { compilePropertyTest } from '../property-test.js';
import type { OneEvent, PerformedRule } from '../rule.js';
import { aDuration, anObject, refined, report, type Shape } from '../shape.js';
import { sweep } from '../sweep.js';
import type { Truth } from '../truth.js';
import { compileWindow } from '../window.js';
import { judgeBy, type CompiledCondition } from './condition.js';
import { completeFrom } from './count.js';
import { eventLeaf } from './event-leaf.js';
import { aWhere, saySelector, sayWhere } from './event-selector.js';

export const anEvent: Shape<OneEvent> = refined(
  anObject<OneEvent>('an object with "where", "olderThan" or "youngerThan"', {
    where: { shape: aWhere },
    olderThan: { shape: aDuration },
    youngerThan: { shape: aDuration },
  }),
  (value, pointer, context) => {
    if (Object.keys(value).length === 0) {
      return report(context, pointer, 'nothing is asked of the event', '"where", "olderThan" or "youngerThan"');
    }
    const isSpan = (parseDuration(value.olderThan) ?? 0) < (parseDuration(value.youngerThan) ?? Infinity);
    return (
      isSpan || report(context, pointer, '"olderThan" is not shorter than "youngerThan"', 'a span that has a time')
    );
  },
);

/** Of the events that count, the first or the last. */
export class EndEvent {
  private readonly lives: Life[] = [];
  private start = 0;

  constructor(private readonly which: 'first' | 'last') {}

  enter(life: Life): void {
    this.lives.push(life);
  }

  /** The first or last that counts at an instant; instants must come in order, each after its events have entered. */
  at(at: Instant): Life | undefined {
    while (this.start < this.lives.length && this.lives[this.start]!.to <= at) this.start += 1;
    if (this.which === 'first') return this.lives[this.start];
    return this.lives.findLast((life) => life.to > at);
  }
}

interface OneEventPlan {
  which: 'first' | 'last';
  passes(life: Life): boolean;
  isAnyPassing: boolean;
  olderThan: number;
  youngerThan: number;
}

/** What the first or the last of the matched events is like: its properties, its age. */
export function compileOneEvent(rule: PerformedRule): CompiledCondition {
  const plan = planOf(rule);
  const matcher = compileMatcher(rule);
  const window = compileWindow(rule);
  return eventLeaf({
    sentence: sayOneEvent(rule),
    matcher,
    window,
    judge: judgeBy((history, since) => {
      const complete = completeFrom(history, matcher, window);
      const lives = history.livesOf(matcher, window, since);
      const end = new EndEvent(plan.which);
      return sweep<Truth>(history.spanFrom(since), lives, [complete, ...comingOfAge(lives, plan)], {
        enter: (life) => end.enter(life),
        leave: () => undefined,
        state: (at) => judgeOne(plan, end.at(at), at, at >= complete),
      });
    }),
    restsOn: plan.which,
  });
}

/** When events come to be older than asked for. */
function comingOfAge(lives: readonly Life[], { olderThan, youngerThan }: OneEventPlan): Instant[] {
  const instants: Instant[] = [];
  for (const { event } of lives) instants.push(event.occurredAt + olderThan, event.occurredAt + youngerThan);
  return instants;
}

function planOf(rule: PerformedRule): OneEventPlan {
  const asked = (rule.first ?? rule.last)!;
  const tests = Object.entries(asked.where ?? {}).map(([path, test]) => ({
    read: propertyReader(path),
    holds: compilePropertyTest(test),
  }));
  return {
    which: rule.first ? 'first' : 'last',
    passes: ({ event }) => tests.every(({ read, holds }) => holds(read(event.properties))),
    isAnyPassing: tests.length === 0,
    olderThan: parseDuration(asked.olderThan) ?? 0,
    youngerThan: parseDuration(asked.youngerThan) ?? Infinity,
  };
}

function judgeOne(plan: OneEventPlan, life: Life | undefined, at: Instant, isComplete: boolean): Truth {
  if (!life) return isComplete ? 'false' : 'insufficient';
  const age = at - life.event.occurredAt;
  const isYoung = age < plan.youngerThan;
  if (!isComplete && plan.which === 'first') {
    // The true first may be one that nobody saw: older still, and with other properties.
    if (!isYoung) return 'false';
    const isOldWhatever = plan.isAnyPassing && plan.youngerThan === Infinity && age >= plan.olderThan;
    return isOldWhatever ? 'true' : 'insufficient';
  }
  return isYoung && age >= plan.olderThan && plan.passes(life) ? 'true' : 'false';
}

/** `the last "purchase" in the last 365 days is at least 60 days ago`. */
export function sayOneEvent(rule: PerformedRule): string {
  const asked = (rule.first ?? rule.last)!;
  const [older, younger] = [parseDuration(asked.olderThan), parseDuration(asked.youngerThan)];
  const said = [
    ...(asked.where ? [`one${sayWhere(asked.where)}`] : []),
    ...(older === undefined ? [] : [`at least ${durationInWords(older)} ago`]),
    ...(younger === undefined ? [] : [`less than ${durationInWords(younger)} ago`]),
  ];
  const which = rule.first ? 'first' : 'last';
  return `the ${which} ${saySelector(rule)}${compileWindow(rule).words} is ${said.join(' and ')}`;
}
