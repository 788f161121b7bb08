/** Something that has to work for requests to be answered, unless it says otherwise. `check` throws, or takes too long, when it does not. */
export interface HealthCheck {
  readonly name: string;
  /** Requests are answered without it, too: said, but no reason to send them elsewhere. */
  readonly isDispensable?: true;
  check(): Promise<void>;
}

/** Under this token the checks are injected: `readonly HealthCheck[]`. */
export const HEALTH_CHECKS = Symbol('HealthChecks');

export type CheckState = 'up' | 'down' | 'timeout';

/** How long a check may take, in milliseconds. */
export const CHECK_TIMEOUT_MS = 2000;

/** The state of one thing, and the error if it has one. Never throws. */
export async function stateOf(healthCheck: HealthCheck): Promise<{ state: CheckState; error?: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<{ state: CheckState }>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'timeout' }), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([healthCheck.check().then(() => ({ state: 'up' as const })), timeout]);
  } catch (error) {
    return { state: 'down', error };
  } finally {
    clearTimeout(timer);
  }
}
