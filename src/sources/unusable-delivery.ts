import type { Normalisation, UnusableReason } from './source.js';

/**
 * Stops the reading of a delivery. Says where (a JSON pointer or a header) and what would be right, but never what was
 * there: problems are logged, and bodies are personal.
 */
export class UnusableDelivery extends Error {
  constructor(
    readonly reason: UnusableReason,
    where: string,
    expected: string,
  ) {
    super(`${where}: expected ${expected}`);
  }
}

/** Makes a source's `normalise` of a reading that gives up by throwing an {@link UnusableDelivery}. */
export function normaliseWith<Input>(read: (input: Input) => Normalisation): (input: Input) => Normalisation {
  return (input) => {
    try {
      return read(input);
    } catch (error) {
      if (!(error instanceof UnusableDelivery)) throw error;
      return { kind: 'unusable', reason: error.reason, problem: error.message };
    }
  };
}
