import { showBecause, type ShownBecause } from '../core/simulate.js';
import type { Transaction } from '../platform/database.js';
import type { Sample } from '../segments/shadow-findings.js';
import { identifiersOf } from './identifiers-of.js';

/** One of those whom a rule is true of, or no longer, and why. */
export interface ShownSample {
  profileId: string;
  identifiers: Record<string, string>;
  because: ShownBecause;
}

/** Shows any of these samples, whose identifiers are looked up together. */
export async function showerOf(tx: Transaction, samples: readonly Sample[]): Promise<(one: Sample) => ShownSample> {
  const identifiers = await identifiersOf(
    tx,
    samples.map((one) => one.profileId),
  );
  return ({ profileId, because }) => ({
    profileId: String(profileId),
    identifiers: identifiers.get(String(profileId)) ?? {},
    because: showBecause(because),
  });
}
