import type { Milliseconds } from '../core/instant.js';

const HOUR: Milliseconds = 3_600_000;
const DAY: Milliseconds = 24 * HOUR;

/** How long after a click what follows can count as its doing. A place in this list is a step, under which figures are kept. */
const SPANS: readonly (readonly [name: string, span: Milliseconds])[] = [
  ...[1, 3, 6, 12].map((hours) => [`${hours}h`, hours * HOUR] as const),
  ...Array.from({ length: 30 }, (_, day) => [`${day + 1}d`, (day + 1) * DAY] as const),
  ...[45, 60, 90].map((days) => [`${days}d`, days * DAY] as const),
];

export const WINDOW_NAMES: readonly string[] = SPANS.map(([name]) => name);
export const WINDOW_SPANS: readonly Milliseconds[] = SPANS.map(([, span]) => span);
export const LONGEST_WINDOW = WINDOW_SPANS.at(-1)!;

/** The step of the shortest window that still holds what came so long after; as many as there are windows where none does. */
export function stepOf(lag: Milliseconds): number {
  const step = WINDOW_SPANS.findIndex((span) => lag < span);
  return step === -1 ? WINDOW_SPANS.length : step;
}
