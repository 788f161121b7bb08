import { Inject, Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';

/** Under this token the keys of the built-in sources are injected: `readonly string[]`. */
export const SOURCE_KEYS = Symbol('SourceKeys');

/** The sources that a branch point can set a limit for. */
@Injectable()
export class KnownSources {
  constructor(@Inject(SOURCE_KEYS) private readonly builtIn: readonly string[]) {}

  /** Those built in, and whatever has sent something. */
  async keys(tx: Transaction): Promise<string[]> {
    const rows = await query<{ source: string }>(tx, 'SELECT DISTINCT source FROM event_histories');
    return [...new Set([...this.builtIn, ...rows.map((row) => row.source)])].sort();
  }
}
