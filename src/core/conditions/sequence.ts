import type { HistoryEvent, Life } from '../history-event.js';
import type { History } from '../history.js';
import type { Instant } from '../instant.js';
import { compileMatcher } from '../matcher.js';
import type { PerformedRule } from '../rule.js';
import { sweep } from '../sweep.js';
import { stateAt, strongestOf, tally, translated, verdictAt, within, type Timeline } from '../timeline.js';
import { judgeCount, type CountBounds, type Truth } from '../truth.js';
import { compileWindow } from '../window.js';
import { compileStep, eachFollower, matchersOf, type Step } from './chain.js';
import { chainTimeline, type ChainState } from './chain-timeline.js';
import { leaf, MOST_EVIDENCE, type CompiledCondition } from './condition.js';
import { boundsOf, completeFrom, judgeNumber, sayBounds } from './count.js';
import { counts } from './event-leaf.js';
import { sayFollower, sayMissing, saySelector } from './event-selector.js';
import { EndEvent } from './one-event.js';

/** An anchor in its window, and what its chain says while it counts. */
interface Anchor {
  life: Life;
  chain: Timeline<ChainState>;
}

/**
 * Events that were, or were not, followed by others. How many anchors of the window must be so is a matter of `count`
 * ("at least 1"), or the rule is about the first or the last of them.
 */
export function compileSequence(rule: PerformedRule): CompiledCondition {
  const anchorMatcher = compileMatcher(rule);
  const window = compileWindow(rule);
  const next = compileStep(rule)!;
  const which = rule.anchor === 'first' || rule.anchor === 'last' ? rule.anchor : undefined;
  const bounds = boundsOf(rule.count);

  const state = which ? 'false' : judgeNumber(0, bounds, true);
  const withoutAnchors: Drawing = { anchors: [], timeline: [{ at: -Infinity, state }] };

  const draw = (history: History, since: Instant): Drawing => {
    const complete = completeFrom(history, anchorMatcher, window);
    const lives = history.livesOf(anchorMatcher, window, since);
    if (lives.length === 0 && since >= complete) return withoutAnchors;
    const anchors = lives.map((life) => ({ life, chain: chainTimeline(history, next, life.event, since) }));
    const about = { complete, since };
    return { anchors, timeline: which ? drawOne(anchors, which, about) : drawMany(anchors, bounds, about) };
  };
  const drawn = (history: History, asOf: Instant): Drawing => {
    const known = history.knownSince<Drawing>(draw, asOf);
    if (known) return known.value;
    const drawing = draw(history, asOf);
    // Without anchors it is soon done again.
    if (drawing.anchors.length > 0) history.keep(draw, { since: asOf, value: drawing });
    return drawing;
  };
  return leaf({
    sentence: saySequence(rule),
    matchers: [anchorMatcher, ...matchersOf(next)],
    lookback: window.lookback,
    judge: (history, asOf) => verdictAt(drawn(history, asOf).timeline, asOf),
    evidence: (history, asOf) => {
      const { anchors, timeline } = drawn(history, asOf);
      const truth = stateAt(timeline, asOf);
      const telling = anchors
        .filter(({ life, chain }) => counts(life, asOf) && truthOf(stateAt(chain, asOf)) === truth)
        .map(({ life }) => life);
      const chosen = which === 'first' ? telling.slice(0, 1) : telling.slice(which === 'last' ? -1 : -MOST_EVIDENCE);
      return chosen.flatMap((life) => [life.event, ...firstFollower(history, next, life, asOf)]).sort(byTime);
    },
    missing: (history, asOf) => {
      const complete = completeFrom(history, anchorMatcher, window);
      const matcher = asOf < complete ? anchorMatcher : next.matcher;
      return sayMissing(history, matcher);
    },
  });
}

/** The anchors that count from an instant on, or will, and what they say together. */
interface Drawing {
  anchors: readonly Anchor[];
  timeline: Timeline;
}

/** From when on it is drawn, and from when on the anchors' window is complete. */
interface Frame {
  since: Instant;
  complete: Instant;
}

/** How many anchors are so; where the window is incomplete there may be others that nobody saw. */
function drawMany(anchors: readonly Anchor[], bounds: CountBounds, { complete, since }: Frame): Timeline {
  const parts = anchors.map(({ life, chain }) =>
    translated(within<ChainState>(chain, life.from, life.to, 'false'), truthOf),
  );
  if (bounds.least === 1 && bounds.most === Infinity) return drawAny(parts, { complete, since });
  return tally(parts, { since, none: NONE, also: complete }, ({ true: least, pending, insufficient }, at) => {
    const unseen = at >= complete ? 0 : Infinity;
    return judgeCount({ true: least, pending, insufficient: insufficient + unseen }, bounds);
  });
}

const NONE = { true: 0, false: 0, pending: 0, insufficient: 0 };

/** One that is so suffices; one that may still be so comes before those that nobody saw. */
const STRENGTH: Record<Truth, number> = { true: 3, pending: 2, insufficient: 1, false: 0 };

function drawAny(parts: readonly Timeline[], { complete, since }: Frame): Timeline {
  const first = { at: since, state: since < complete ? 'insufficient' : 'false' } as const;
  const unseen: Timeline =
    since < complete && complete < Infinity ? [first, { at: complete, state: 'false' }] : [first];
  return strongestOf([unseen, ...parts], STRENGTH);
}

/** What the first or the last anchor says; the true first may be one that nobody saw. */
function drawOne(anchors: readonly Anchor[], which: 'first' | 'last', { complete, since }: Frame): Timeline {
  const chains = new Map(anchors.map(({ life, chain }) => [life, chain]));
  const end = new EndEvent(which);
  const instants = anchors.flatMap(({ chain }) => chain.map((step) => step.at));
  return sweep<Truth>({ since, until: Infinity }, [...chains.keys()], [complete, ...instants], {
    enter: (life) => end.enter(life),
    leave: () => undefined,
    state: (at) => {
      const life = end.at(at);
      if (at < complete && (!life || which === 'first')) return 'insufficient';
      return life ? truthOf(stateAt(chains.get(life)!, at)) : 'false';
    },
  });
}

/** That an event may still complete a chain makes it no more than false so far. */
function truthOf(state: ChainState): Truth {
  return state === 'openByTime' || state === 'openForever' ? 'false' : state;
}

function firstFollower(history: History, next: Step, { event }: Life, asOf: Instant): HistoryEvent[] {
  let first: HistoryEvent | undefined;
  eachFollower(history, next, event, (follower) => {
    if (follower.occurredAt > asOf) return false;
    if (asOf < history.endOf(follower, next.matcher)) first = follower;
    return first === undefined;
  });
  return first ? [first] : [];
}

function byTime(a: { occurredAt: Instant }, b: { occurredAt: Instant }): number {
  return a.occurredAt - b.occurredAt;
}

/** `did "click" in the last 7 days, not followed within 3 days by "purchase" with the same cart_token`. */
export function saySequence(rule: PerformedRule): string {
  const what = `${saySelector(rule)}${compileWindow(rule).words}`;
  if (rule.anchor === 'first' || rule.anchor === 'last') return `the ${rule.anchor} ${what} was ${sayFollower(rule)}`;
  const times = rule.count ? `, ${sayBounds(boundsOf(rule.count))}` : '';
  return `did ${what}, ${sayFollower(rule)}${times}`;
}
