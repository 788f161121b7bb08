export interface IngestionLimits {
  /** How many bytes of what came in may wait to be stored before more is turned away. */
  mostWaitingBytes: number;
}

/** Under this token: the limits of what is taken in. */
export const INGESTION_LIMITS = Symbol('IngestionLimits');
