/** The secrets that each source may sign with, by its key; several at once while they are rotated. */
export type WebhookSecrets = Readonly<Record<string, readonly string[]>>;

export const WEBHOOK_SECRETS = Symbol('WebhookSecrets');
