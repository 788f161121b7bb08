/** Under this token: how long events are kept, in ms. No window of a rule may be longer. */
export const RETENTION_MS = Symbol('RetentionMs');

/** Under this token: how long what could not be used is kept for people to look at, in ms. */
export const DEAD_LETTER_MS = Symbol('DeadLetterMs');
