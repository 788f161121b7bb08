/** Under this token: how long events are kept, in ms. No window of a rule may be longer. */
export const RETENTION_MS = Symbol('RetentionMs');
