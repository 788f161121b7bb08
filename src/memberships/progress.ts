/** How far something long has come, and how long it will still take by the pace so far. */
export interface Progress {
  done: number;
  of: number;
  /** From 0 to 1. */
  share: number;
  /** Null where nothing can be said yet. */
  secondsLeft: number | null;
}

export function progressOf({ done, of, elapsedMs }: { done: number; of: number; elapsedMs: number }): Progress {
  const left = Math.max(0, of - done);
  const share = of === 0 ? 1 : Math.min(1, done / of);
  const isKnown = done > 0 && elapsedMs > 0;
  const secondsLeft = left === 0 ? 0 : isKnown ? Math.ceil((left * elapsedMs) / done / 1_000) : null;
  return { done, of, share: Math.round(share * 1_000) / 1_000, secondsLeft };
}
