/** Under this token: how long events are kept, in ms. No window of a rule may be longer. */
export const RETENTION_MS = Symbol('RetentionMs');

/** Under this token: how long decisions are kept, in ms. */
export const DECISIONS_KEPT_MS = Symbol('DecisionsKeptMs');

/** Under this token: how long what could not be used is kept for people to look at, in ms. */
export const DEAD_LETTER_MS = Symbol('DeadLetterMs');

/** Events are kept so much longer than they count, in ms: room for whatever is late. */
export const KEPT_ON_TOP_MS = 86_400_000;
