import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from '../../core/instant.js';
import { now } from '../../platform/clock.js';
import { Problem } from '../../platform/problem.js';
import { RETENTION_MS } from '../../platform/retention.js';
import { EventHistoryStore } from '../../profiles/event-history-store.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { Ingestion, type Entry, type Outcome } from '../ingestion.js';
import { Checksum } from './checksum.js';
import { FileReader, WrongFile, type Unit } from './file-reader.js';
import type { ImportRow } from './import.entities.js';
import { ImportStore, type BadLine, type ImportOptions, type Piece } from './import-store.js';
import { IMPORT_MAPPINGS } from './registry.js';
import { RowReader } from './row.js';

/** Rows that are stored and noted together. A crash between the two has them come again, as duplicates. */
const MOST_ROWS_A_PIECE = 500;

/** Reads files as they come in, stores their events in pieces, and notes after each how far it has come. */
@Injectable()
export class Importer implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Importer.name);
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly imports: ImportStore,
    private readonly ingestion: Ingestion,
    private readonly histories: EventHistoryStore,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  /**
   * Imports a file from where it was left off. `from` is the offset of the first byte that comes; bytes before what is
   * known already are passed over. Throws a `Problem`; the import can be gone on with then. Throws {@link WrongFile} where
   * the file is none for the mapping; the id is free then.
   */
  async run(row: ImportRow, options: ImportOptions, body: AsyncIterable<Buffer>, from: number): Promise<void> {
    try {
      await this.readAll(row, options, body, from);
      await this.finish(row, options);
    } catch (error) {
      if (error instanceof WrongFile) {
        await this.imports.forget(this.dataSource.manager, row);
        throw error;
      }
      await this.imports.leave(this.dataSource.manager, row, 'interrupted');
      this.logger.warn({ msg: 'an import was interrupted', import: row.id, err: error });
      throw error;
    }
  }

  private async readAll(
    row: ImportRow,
    options: ImportOptions,
    body: AsyncIterable<Buffer>,
    from: number,
  ): Promise<void> {
    const mapping = IMPORT_MAPPINGS.find((one) => one.key === options.mapping)!;
    const reader = new RowReader(mapping.columns, new Map(Object.entries(options.map)));
    const state = { bytes: Number(row.bytes), lines: Number(row.lines), header: row.header };
    const file = new FileReader(mapping, options.format, reader, { shop: options.shop ?? undefined }, state);
    const checksum = new Checksum(checksumOf(row), state.bytes);
    for await (const chunk of checkedRemainder(row, body, from)) {
      checksum.push(chunk);
      await this.takeAll(row, options, { file, checksum }, file.push(chunk));
    }
    await this.takeAll(row, options, { file, checksum }, file.end());
  }

  /** Reads a file that was imported already, as far as it can be told whether it is that file. Throws a `Problem` if not. */
  async recognise(row: ImportRow, body: AsyncIterable<Buffer>, from: number): Promise<void> {
    for await (const _ of checkedRemainder(row, body, from));
  }

  private async takeAll(
    row: ImportRow,
    options: ImportOptions,
    reading: Reading,
    units: readonly Unit[],
  ): Promise<void> {
    for (let first = 0; first < units.length; first += MOST_ROWS_A_PIECE) {
      if (this.isStopping) throw Problem.unavailable('The service is stopping. Send the file again to go on.');
      await this.take(row, options, reading, units.slice(first, first + MOST_ROWS_A_PIECE));
    }
  }

  private async take(
    row: ImportRow,
    options: ImportOptions,
    { file, checksum }: Reading,
    units: readonly Unit[],
  ): Promise<void> {
    const oldest = (await now(this.dataSource.manager)) - this.retention;
    const limits = { oldest, until: options.until === null ? Infinity : Date.parse(options.until) };
    const sorted = units.map((unit) => ({ unit, ...sortOut(unit, limits) }));
    const entries = sorted.flatMap(({ unit, fit }) => fit.map((event) => ({ event, body: unit.bytes })));
    const outcomes = entries.length > 0 ? await this.record(options.source, entries) : [];
    const bad: BadLine[] = [];
    let at = 0;
    for (const { unit, fit, problem } of sorted) {
      const refused = outcomes.slice(at, (at += fit.length)).find((outcome) => outcome.kind === 'refused');
      const why = problem ?? (refused && { reason: refused.reason, problem: refused.problem });
      if (why) bad.push({ line: unit.line, reason: why.reason, problem: why.problem });
    }
    const last = units.at(-1)!;
    const piece: Piece = {
      bytes: last.end,
      checksum: checksum.upTo(last.end),
      lines: last.lastLine,
      header: file.readHeader,
      stored: outcomes.filter((one) => one.kind === 'stored').length,
      duplicates: outcomes.filter((one) => one.kind === 'duplicate').length,
      skipped: sorted.filter((one) => one.isSkipped).length,
      tooOld: bad.filter((one) => one.reason === 'older_than_retention').length,
      bad,
      eventNames: [...new Set(entries.map((one) => one.event.name))],
    };
    const isOurs = await this.dataSource.transaction((tx) => this.imports.advance(tx, row, piece));
    if (!isOurs) throw Problem.conflict('Somebody else has taken this import over.');
  }

  /** Waits while too much waits already: an import is never what live events have to wait for. */
  private async record(source: string, entries: readonly Entry[]): Promise<Outcome[]> {
    for (;;) {
      try {
        return await this.ingestion.record(source, entries, { isLive: false });
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 429 || this.isStopping) throw error;
        await wait(1_000 * Number(error.headers['retry-after'] ?? 1));
      }
    }
  }

  /** A history is declared complete only where nothing of the file was left out that could be missed. */
  private async finish(row: ImportRow, options: ImportOptions): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const read = (await this.imports.find(tx, row.id))!;
      const isWhole = Number(read.setAside) === Number(read.tooOld);
      const declared =
        options.completeSince !== null && isWhole
          ? await this.histories.extend(tx, options.source, Date.parse(options.completeSince), read.eventNames)
          : null;
      await this.imports.leave(tx, row, 'done', declared);
    });
  }
}

/** A file on its way. */
interface Reading {
  file: FileReader;
  checksum: Checksum;
}

interface Sorted {
  fit: IncomingEvent[];
  problem?: { reason: string; problem: string };
  isSkipped: boolean;
}

const TOO_OLD = {
  reason: 'older_than_retention',
  problem: 'the event: expected one within the time that events are kept',
};

/** Which of a unit's events are to be stored. */
function sortOut({ mapped }: Unit, { oldest, until }: { oldest: Instant; until: Instant }): Sorted {
  if (mapped.kind === 'skipped') return { fit: [], isSkipped: true };
  if (mapped.kind === 'bad') return { fit: [], isSkipped: false, problem: mapped };
  const wanted = mapped.events.filter((event) => event.occurredAt < until);
  const fit = wanted.filter((event) => event.occurredAt >= oldest);
  return { fit, isSkipped: wanted.length === 0, ...(fit.length < wanted.length && { problem: TOO_OLD }) };
}

function checksumOf(row: ImportRow): number | undefined {
  return row.checksum === null ? undefined : Number(row.checksum);
}

/**
 * What a stream, which begins at an offset in the file, has beyond what is known already. Throws a 409 problem where the
 * file begins otherwise than the one that was read.
 */
async function* checkedRemainder(row: ImportRow, body: AsyncIterable<Buffer>, from: number): AsyncGenerator<Buffer> {
  const known = from === 0 ? checksumOf(row) : undefined;
  let left = Number(row.bytes) - from;
  let read = 0;
  for await (const chunk of body) {
    if (known !== undefined && left > 0) {
      read = crc32(chunk.subarray(0, left), read);
      if (left <= chunk.length && read !== known) throw anotherFile(row);
    }
    if (left < chunk.length) yield left > 0 ? chunk.subarray(left) : chunk;
    left = Math.max(0, left - chunk.length);
  }
  if (left > 0) throw anotherFile(row);
}

function anotherFile(row: ImportRow): Problem {
  return Problem.conflict(
    `The import "${row.id}" has read ${row.bytes} bytes of another file than this one. Send that file to go on, or this one under another id.`,
  );
}
