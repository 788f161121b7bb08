import type { Instant } from '../core/instant.js';

/** One thing that a look at a destination found. Names nobody, and no secret. */
export interface Finding {
  /** `wrong` keeps something from working; `note` is worth knowing; the rest is as it should be. */
  kind: 'right' | 'wrong' | 'note';
  /** What it is about, such as `region`. */
  about: string;
  says: string;
  /** How to mend it. */
  mend?: string;
  /** Settings that would mend it. */
  settings?: Readonly<Record<string, string>>;
}

/** What a destination can't know of itself. */
export interface Surroundings {
  /** Where the outside world reaches this service, if it was said. */
  publicUrl?: string;
  /** What it sends us: whether a key of its signatures is set, and when one was last refused or a message taken. */
  incoming: { hasKey: boolean; refusedAt: Instant | null; takenAt: Instant | null };
}

export function right(about: string, says: string): Finding {
  return { kind: 'right', about, says };
}

export function wrong(about: string, says: string, mend: string, settings?: Finding['settings']): Finding {
  return { kind: 'wrong', about, says, mend, ...(settings && { settings }) };
}

export function note(about: string, says: string, mend?: string): Finding {
  return { kind: 'note', about, says, ...(mend !== undefined && { mend }) };
}
