import type { Life } from './history-event.js';
import { earlier, NEVER, type Instant } from './instant.js';
import { TimelineDraft, type Timeline } from './timeline.js';

/** Keeps account of the events that count at an instant, and says what follows from them. */
export interface Account<S> {
  enter(life: Life): void;
  leave(life: Life): void;
  state(at: Instant): S;
}

/** From an instant on and before another. */
export interface Span {
  since: Instant;
  until: Instant;
}

/**
 * What an account says from an instant on: every event enters at the instant from which it counts, in order of time, and
 * leaves at that from which it counts no more; none had left by then. `also` are further instants at which the account may
 * change its word. What it would say from `until` on is left out, but for the first.
 */
export function sweep<S>(
  { since, until }: Span,
  lives: readonly Life[],
  also: readonly Instant[],
  account: Account<S>,
): Timeline<S> {
  const leaving = inOrderOfEnd(lives);
  const others = also.filter((at) => at > since && at < until).sort((a, b) => a - b);
  const draft = new TimelineDraft<S>();
  let [entered, left, other] = [0, 0, 0];
  let at = since;
  do {
    while (entered < lives.length && lives[entered]!.from <= at) account.enter(lives[entered++]!);
    while (left < leaving.length && leaving[left]!.to <= at) account.leave(leaving[left++]!);
    while (other < others.length && others[other]! <= at) other += 1;
    draft.add(at, account.state(at));
    at = earlier(earlier(lives[entered]?.from ?? NEVER, leaving[left]?.to ?? NEVER), others[other] ?? NEVER);
  } while (at < until);
  return draft.steps;
}

/** They mostly stand so already: the window ends in order, and only undone purchases end before it. */
function inOrderOfEnd(lives: readonly Life[]): readonly Life[] {
  const isInOrder = lives.every((life, index) => index === 0 || lives[index - 1]!.to <= life.to);
  return isInOrder ? lives : [...lives].sort((a, b) => a.to - b.to);
}
