import { SOURCES, WEBHOOK_SOURCES } from '../../src/sources/registry.js';
import { deliveryOf } from '../support/webhooks.js';
import { unsoundness } from '../support/soundness.js';
import { fuzzedBody, type FuzzedBody } from './bodies.js';
import type { Outcomes } from './outcomes.js';

/** Longer than this no body may hold up everything else. */
export const LONGEST_STALL_MS = 100;

const TRIES = 3;

/** Gives a source the bodies of a range. Says what was wrong with which, if anything was. */
export function fuzzPure(seed: number, range: { from: number; to: number }, outcomes: Outcomes): string[] {
  const wrong: string[] = [];
  for (let index = range.from; index < range.to; index++) {
    const fuzzed = fuzzedBody(seed, index);
    for (const what of wrongWith(fuzzed, outcomes))
      wrong.push(`body ${index} of seed ${seed}, ${fuzzed.source}: ${what}`);
  }
  return wrong;
}

function wrongWith(fuzzed: FuzzedBody, outcomes: Outcomes): string[] {
  const source = SOURCES.find(({ key }) => key === fuzzed.source)!;
  const delivery = deliveryOf(fuzzed);
  try {
    const began = performance.now();
    const read = source.normalise(delivery);
    const tookMs = performance.now() - began;
    outcomes.count(fuzzed.source, read.kind === 'events' ? 'events' : `${read.kind}: ${read.reason}`, tookMs);
    const isStall = tookMs > LONGEST_STALL_MS && isAlwaysSlow(() => source.normalise(delivery));
    const isOwnWord = WEBHOOK_SOURCES.some(({ key }) => key === fuzzed.source);
    return [...unsoundness(read, isOwnWord), ...(isStall ? [`it takes ${Math.round(tookMs)} ms`] : [])];
  } catch (error) {
    return [`it throws ${String(error)}`];
  }
}

/** The machine may have been busy with something else: what is slow by itself is at work for so long, each time. */
function isAlwaysSlow(act: () => unknown): boolean {
  return Array.from({ length: TRIES }).every(() => {
    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 > LONGEST_STALL_MS;
  });
}
