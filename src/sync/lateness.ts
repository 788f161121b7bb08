import type { Unsure } from '../outbox/outbox-message.js';

/** Whether what is known may be behind what happened: a port, since delivery knows nothing of sources. */
export abstract class Lateness {
  /** Whether a source that tells of one of these events is late, against its own rhythm, as of now. */
  abstract isLate(events: Unsure['absent']): Promise<boolean>;
}
