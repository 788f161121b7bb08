import { firstFrom, type HistoryEvent } from '../history-event.js';
import type { History } from '../history.js';
import { later, NEVER, type Instant } from '../instant.js';
import { strongest, translated, within, type Timeline } from '../timeline.js';
import type { Truth } from '../truth.js';
import { eachFollower, type Step } from './chain.js';

/**
 * What a chain says. Open: false so far, but an event can still make it true; until some time, or for ever.
 */
export type ChainState = Truth | 'openByTime' | 'openForever';

/** Of what several say, the strongest holds: any follower suffices. */
const STRENGTH: Record<ChainState, number> = {
  true: 5,
  pending: 4,
  insufficient: 3,
  openForever: 2,
  openByTime: 1,
  false: 0,
};

/**
 * Whether an event is, or is not, followed as a step asks, from an instant on; only what is said from the event on
 * matters.
 */
export function chainTimeline(history: History, step: Step, event: HistoryEvent, since: Instant): Timeline<ChainState> {
  const { value: followers } = history.since(step, since, (from) => new Followers(history, step, from));
  const followed = strongest(withoutFollowers(history, step, event, since), followers.after(event), STRENGTH);
  return step.isNegated ? translated(followed, negated) : followed;
}

/** Where the follower's data begin later than the event, there may be one that nobody saw. */
function withoutFollowers(history: History, step: Step, event: HistoryEvent, since: Instant): Timeline<ChainState> {
  if (event.occurredAt < history.startsAt(step.matcher.eventName)) return [{ at: since, state: 'insufficient' }];
  if (step.limit === NEVER) return [{ at: since, state: 'openForever' }];
  return lasting('openByTime', since, event.occurredAt + step.limit);
}

/** In a state until an instant, then no more. */
function lasting(state: ChainState, since: Instant, until: Instant): Timeline<ChainState> {
  if (until <= since) return [{ at: since, state: 'false' }];
  const first = { at: since, state };
  return until === NEVER ? [first] : [first, { at: until, state: 'false' }];
}

/** So few events are looked after one by one as quickly as in common. */
const FEW_EVENTS = 4;

/** The events that a step finds in a history, and what they say from an instant on. */
class Followers {
  private looks = 0;
  private readonly known = new Map<HistoryEvent, Timeline<ChainState>>();
  private groups: FollowerGroups | undefined = undefined;

  constructor(
    private readonly history: History,
    private readonly step: Step,
    private readonly since: Instant,
  ) {}

  /** What those say together that follow an event in time, and carry the same values. */
  after(event: HistoryEvent): Timeline<ChainState> {
    this.looks += 1;
    return this.looks <= FEW_EVENTS ? this.oneByOne(event) : this.inCommon(event);
  }

  private oneByOne(event: HistoryEvent): Timeline<ChainState> {
    let together = lasting('false', this.since, NEVER);
    eachFollower(this.history, this.step, event, (follower) => {
      const last = together[together.length - 1]!;
      // From when on one of them suffices for good, whatever others say.
      if (last.state === 'true' && last.at <= later(this.since, follower.occurredAt)) return false;
      together = strongest(together, this.said(follower), STRENGTH);
      return true;
    });
    return together;
  }

  private inCommon(event: HistoryEvent): Timeline<ChainState> {
    const { history, step } = this;
    this.groups ??= new FollowerGroups(history.matching(step.matcher), step, (follower) => this.said(follower));
    return this.groups.after(event) ?? lasting('false', this.since, NEVER);
  }

  /** What a follower says, whichever event it follows: while it counts, what its own chain says. */
  private said(follower: HistoryEvent): Timeline<ChainState> {
    const known = this.known.get(follower);
    if (known) return known;
    const { history, step, since } = this;
    const chain = step.next ? chainTimeline(history, step.next, follower, since) : lasting('true', since, NEVER);
    const said = within<ChainState>(chain, follower.occurredAt, history.endOf(follower, step.matcher), 'false');
    this.known.set(follower, said);
    return said;
  }
}

/**
 * The events that a step may find, by the values that they must share with the event before: so that many events, each of
 * which many others follow, are told from what was worked out for the one before.
 */
class FollowerGroups {
  private readonly groups = new Map<string, HistoryEvent[]>();
  private readonly rows = new Map<HistoryEvent[], { around: SlidingRow; beside: SlidingRow }>();
  /** A number for each value: only what is the same has the same. */
  private readonly numbers = new Map<unknown, number>();

  constructor(
    events: readonly HistoryEvent[],
    private readonly step: Step,
    private readonly said: (follower: HistoryEvent) => Timeline<ChainState>,
  ) {
    for (const event of events) {
      const key = this.keyOf(event);
      if (key === undefined) continue;
      const group = this.groups.get(key);
      if (group) group.push(event);
      else this.groups.set(key, [event]);
    }
  }

  /** What the followers of an event say together; undefined if there are none. An event does not follow itself. */
  after(event: HistoryEvent): Timeline<ChainState> | undefined {
    const key = this.keyOf(event);
    const events = key === undefined ? undefined : this.groups.get(key);
    if (!events) return undefined;
    const { around, beside } = this.rowsOf(events);
    const first = firstFrom(events, event.occurredAt);
    const end = firstFrom(events, event.occurredAt + this.step.limit);
    let itself = first;
    while (itself < end && events[itself]!.occurredAt === event.occurredAt && events[itself] !== event) itself += 1;
    if (events[itself] !== event) return around.between(first, end);
    const [before, behind] = [beside.between(first, itself), around.between(itself + 1, end)];
    return before && behind ? strongest(before, behind, STRENGTH) : (before ?? behind);
  }

  private rowsOf(events: HistoryEvent[]): { around: SlidingRow; beside: SlidingRow } {
    const known = this.rows.get(events);
    if (known) return known;
    const row = (): SlidingRow => new SlidingRow((index) => this.said(events[index]!));
    const made = { around: row(), beside: row() };
    this.rows.set(events, made);
    return made;
  }

  private keyOf(event: HistoryEvent): string | undefined {
    let key = '';
    for (const read of this.step.same) {
      const value = read(event.properties);
      if (value === undefined) return undefined;
      const number = this.numbers.get(value) ?? this.numbers.size;
      this.numbers.set(value, number);
      key += ` ${number}`;
    }
    return key;
  }
}

/**
 * What a few in a row say together, for one stretch of the row after the other. While neither end goes back, each of them
 * is joined with others twice at most, however long the stretches are: a queue of two stacks.
 */
class SlidingRow {
  /** The stretch is `[first, end)`. Of each before `middle` it is known what it and those up to there say together. */
  private first = 0;
  private middle = 0;
  private end = 0;
  private upToMiddle: Timeline<ChainState>[] = [];
  private fromMiddle: Timeline<ChainState> | undefined = undefined;

  constructor(private readonly said: (index: number) => Timeline<ChainState>) {}

  /** What those from the first on and before the end say together; undefined: there are none. */
  between(first: number, end: number): Timeline<ChainState> | undefined {
    if (end <= first) return undefined;
    if (first < this.first || end < this.end) this.beginAt(first);
    for (; this.end < end; this.end++) this.fromMiddle = joined(this.fromMiddle, this.said(this.end));
    this.first = first;
    if (first > this.middle) this.moveMiddle();
    return first < this.middle ? joined(this.fromMiddle, this.upToMiddle[this.middle - 1 - first]!) : this.fromMiddle;
  }

  private beginAt(first: number): void {
    this.first = this.middle = this.end = first;
    this.upToMiddle = [];
    this.fromMiddle = undefined;
  }

  private moveMiddle(): void {
    this.middle = this.end;
    this.upToMiddle = [];
    this.fromMiddle = undefined;
    for (let index = this.end - 1; index >= this.first; index--) {
      this.upToMiddle.push(joined(this.upToMiddle.at(-1), this.said(index)));
    }
  }
}

function joined(some: Timeline<ChainState> | undefined, one: Timeline<ChainState>): Timeline<ChainState> {
  return some ? strongest(some, one, STRENGTH) : one;
}

/** "Not followed" is pending while an event can still come in time; where there is no limit it is true until one does. */
function negated(state: ChainState): ChainState {
  switch (state) {
    case 'true':
      return 'false';
    case 'false':
    case 'openForever':
      return 'true';
    case 'openByTime':
      return 'pending';
    case 'pending':
    case 'insufficient':
      return state;
  }
}
