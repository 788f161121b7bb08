/** How the worker process works; from the configuration. */
export interface WorkerSettings {
  sweepIntervalMs: number;
  evaluateConcurrency: number;
  evaluateBatchSize: number;
  deliveryConcurrency: number;
  deliveryLeaseMs: number;
  deliveryTimeoutMs: number;
  deliveryMaxAttempts: number;
}

export const WORKER_SETTINGS = Symbol('WorkerSettings');
