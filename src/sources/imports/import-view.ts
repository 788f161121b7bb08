import type { Instant } from '../../core/instant.js';
import type { ImportRow } from './import.entities.js';
import type { ImportOptions } from './import-store.js';

/** A run that has not been heard of for so long was cut off, by a crash for instance. */
const STALLED_MS = 60_000;

/** An import as it is told of. */
export interface ImportView extends ImportOptions {
  id: string;
  state: ImportRow['state'];
  lines: number;
  /** Offset from which to send the rest of the file. */
  bytes: number;
  /** CRC-32 of the file up to there. */
  checksum: number | null;
  size: number | null;
  stored: number;
  duplicates: number;
  skipped: number;
  setAside: number;
  tooOld: number;
  linesPerSecond: number | null;
  secondsLeft: number | null;
  eventNames: string[];
  /** The names whose history is now declared complete since `completeSince`. */
  declaredNames: string[] | null;
  startedAt: string;
  updatedAt: string;
}

export function importView(row: ImportRow, asOf: Instant): ImportView {
  const options = row.options as ImportOptions;
  const isStalled = row.state === 'running' && asOf - row.updatedAt.getTime() > STALLED_MS;
  const seconds = (row.updatedAt.getTime() - row.runStartedAt.getTime()) / 1_000;
  const linesPerSecond = seconds > 0 ? (Number(row.lines) - Number(row.runFromLines)) / seconds : null;
  const bytesPerSecond = seconds > 0 ? (Number(row.bytes) - Number(row.runFromBytes)) / seconds : 0;
  const left = row.size === null ? null : Number(row.size) - Number(row.bytes);
  return {
    id: row.id,
    ...options,
    state: isStalled ? 'interrupted' : row.state,
    lines: Number(row.lines),
    bytes: Number(row.bytes),
    checksum: row.checksum === null ? null : Number(row.checksum),
    size: row.size === null ? null : Number(row.size),
    stored: Number(row.stored),
    duplicates: Number(row.duplicates),
    skipped: Number(row.skipped),
    setAside: Number(row.setAside),
    tooOld: Number(row.tooOld),
    linesPerSecond: linesPerSecond === null ? null : Math.round(linesPerSecond),
    secondsLeft:
      row.state === 'done' ? 0 : left === null || bytesPerSecond <= 0 ? null : Math.ceil(left / bytesPerSecond),
    eventNames: row.eventNames,
    declaredNames: row.declaredNames,
    startedAt: row.startedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
