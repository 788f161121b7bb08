/** How the worker process works; from the configuration. */
export interface WorkerSettings {
  sweepIntervalMs: number;
  evaluateConcurrency: number;
  evaluateBatchSize: number;
  /** How long an entry that rests on what did not happen waits before it is pushed. */
  settleDelayMs: number;
  /** How often each segment at a destination is compared with ours; 0: only when asked to. */
  reconcileIntervalMs: number;
  /** How often live links are followed; 0: only when asked to. */
  linkQaIntervalMs: number;
  /** The path of a Chromium, by which pages run their scripts; undefined: they do not. */
  linkQaBrowser: string | undefined;
  deliveryConcurrency: number;
  deliveryLeaseMs: number;
  deliveryTimeoutMs: number;
  deliveryMaxAttempts: number;
}

export const WORKER_SETTINGS = Symbol('WorkerSettings');
