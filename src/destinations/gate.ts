import type { Milliseconds } from '../core/instant.js';

/** How much a family of endpoints (one host and key) takes. */
export interface FamilyLimits {
  /** Never more in any second. */
  requestsPerSecond: number;
  requestsAtOnce: number;
}

/** What came of a request, as far as the pace of the next ones is concerned. */
export type RequestEnd =
  { kind: 'answered' } | { kind: 'failed'; reason: string } | { kind: 'busy'; forMs: Milliseconds | undefined };

/** Leave for one request; to be given back when it has come to an end. */
export interface Pass {
  leave(end: RequestEnd): Promise<void>;
}

/** Paces the requests to one destination, together with every other process. */
export interface Gate {
  /** Waits for its turn, but not for long: otherwise answers how much longer it would take. */
  enter(family: string): Promise<Pass | { heldForMs: Milliseconds }>;
}

/** Lets everything through. */
export const OPEN_GATE: Gate = { enter: async () => ({ leave: async () => undefined }) };

/** Makes a request when the gate lets it through. `make` answers, whatever goes wrong. */
export async function throughGate<T>(
  gate: Gate,
  family: string,
  make: () => Promise<T>,
  endOf: (made: T) => RequestEnd,
): Promise<T | { kind: 'held'; forMs: Milliseconds }> {
  const pass = await gate.enter(family);
  if ('heldForMs' in pass) return { kind: 'held', forMs: pass.heldForMs };
  const made = await make();
  await pass.leave(endOf(made));
  return made;
}
