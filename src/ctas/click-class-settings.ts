import type { Milliseconds } from '../core/instant.js';

/** From when on clicks look like a machine's. A span of 0 turns its signal off. */
export interface ClickClassSettings {
  /** An email's click sooner after its delivery is a machine's; one in a text message is suspect. */
  machineAfterDelivery: Milliseconds;
  /** A click sooner after its delivery is suspect. */
  suspectAfterDelivery: Milliseconds;
  /** So many different links of one delivery within `burstWithin` were clicked by a machine. */
  burstLinks: number;
  burstWithin: Milliseconds;
  /** Two different links of one delivery within this are suspect. */
  pairWithin: Milliseconds;
  /** Clicks of a delivery less than this before or after its honeypot was clicked are a machine's. */
  honeypotWithin: Milliseconds;
}

/**
 * Nobody opens, reads and clicks within two seconds; scanners fetch all links of a message within seconds to a minute. A
 * reader who opens three links in new tabs takes longer than ten seconds as a rule.
 */
export const DEFAULT_CLICK_CLASS_SETTINGS: ClickClassSettings = {
  machineAfterDelivery: 2_000,
  suspectAfterDelivery: 10_000,
  burstLinks: 3,
  burstWithin: 10_000,
  pairWithin: 2_000,
  honeypotWithin: 60_000,
};

/** No span may be longer: so far around a click its class is looked for. */
export const LONGEST_SIGNAL: Milliseconds = 3_600_000;
