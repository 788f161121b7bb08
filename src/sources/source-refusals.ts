import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { query } from '../platform/database.js';

/** Anybody can be refused: no more often than this does a process write it down. */
const EVERY_MS = 10_000;

/** When sources were last refused for their signature, so that a wrong key is found. */
@Injectable()
export class SourceRefusals {
  private readonly written = new Map<string, number>();

  constructor(private readonly dataSource: DataSource) {}

  async note(source: string): Promise<void> {
    const at = performance.now();
    if (at - (this.written.get(source) ?? -Infinity) < EVERY_MS) return;
    this.written.set(source, at);
    await query(
      this.dataSource.manager,
      `INSERT INTO source_refusals (source, refused_at) VALUES ($1, turnout_now())
       ON CONFLICT (source) DO UPDATE SET refused_at = excluded.refused_at`,
      [source],
    );
  }

  async last(source: string): Promise<Instant | null> {
    const [row] = await query<{ refused_at: Date }>(
      this.dataSource.manager,
      'SELECT refused_at FROM source_refusals WHERE source = $1',
      [source],
    );
    return row?.refused_at.getTime() ?? null;
  }
}
