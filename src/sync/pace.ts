import type { FamilyLimits } from '../destinations/gate.js';

/** How requests are let through so that a limit holds. */
export interface Pace {
  /** At rest so many may be made at once. */
  burst: number;
  requestsPerSecond: number;
  requestsAtOnce: number;
}

/**
 * The pace that keeps a limit. A second may see what was gathered as a burst, what comes in that time, and what had been let
 * through before and was still on its way: together no more than the limit.
 */
export function paceOf({ requestsPerSecond: limit, requestsAtOnce }: FamilyLimits): Pace {
  const burst = Math.max(Math.ceil(limit / 20), 2);
  const atOnce = Math.max(1, Math.min(requestsAtOnce, Math.floor(limit / 4)));
  return { burst, requestsPerSecond: Math.max(limit - burst - atOnce, limit / 10), requestsAtOnce: atOnce };
}

/** What is left of a pace for what is not urgent, so that something urgent always finds a place. */
export function unhurried({ burst, requestsPerSecond, requestsAtOnce }: Pace): Pace {
  return {
    requestsPerSecond,
    burst: Math.floor(burst / 2),
    requestsAtOnce: Math.max(1, requestsAtOnce - Math.ceil(requestsAtOnce / 4)),
  };
}
