/** What an API key may be good for: sending events in, declaring and reading, asking for decisions. */
export const SCOPES = ['ingest', 'manage', 'decide'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who may use a route. One metadata key for both, so that a method's own declaration replaces its controller's. */
export type Access = { kind: 'scope'; scopes: readonly Scope[] } | { kind: 'public'; reason: string };
export const ACCESS = Symbol('Access');
