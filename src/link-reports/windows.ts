import type { Milliseconds } from '../core/instant.js';

const DAY: Milliseconds = 86_400_000;

/**
 * How long after a click what follows can count as its doing. A place in this list is a step, under which figures are kept:
 * each window more is more figures.
 */
const SPANS: readonly (readonly [name: string, span: Milliseconds])[] = [
  ['1h', DAY / 24],
  ...[1, 3, 7, 14, 30, 60, 90].map((days) => [`${days}d`, days * DAY] as const),
];

export const WINDOW_NAMES: readonly string[] = SPANS.map(([name]) => name);
export const WINDOW_SPANS: readonly Milliseconds[] = SPANS.map(([, span]) => span);
export const LONGEST_WINDOW = WINDOW_SPANS.at(-1)!;

/** The step of the shortest window that still holds what came so long after; as many as there are windows where none does. */
export function stepOf(lag: Milliseconds): number {
  const step = WINDOW_SPANS.findIndex((span) => lag < span);
  return step === -1 ? WINDOW_SPANS.length : step;
}
