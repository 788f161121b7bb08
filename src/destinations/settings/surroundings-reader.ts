import type { Surroundings } from '../finding.js';

/** What is known beside a destination: a port, since destinations know nothing of sources. */
export abstract class SurroundingsReader {
  abstract of(key: string): Promise<Surroundings>;
}
