import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { laneOfProfile } from '../platform/lanes.js';
import { query, type Transaction } from '../platform/database.js';
import { streamedSnapshot } from '../platform/streamed-snapshot.js';
import type { Identifier } from '../profiles/identifier.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { ProfileStore } from '../profiles/profile-store.js';
import { PROFILE_TABLES } from '../profiles/profile-tables.js';
import { DeadLetterStore } from '../sources/dead-letter-store.js';

const ROWS_AT_ONCE = 500;

/** All that is held about somebody, row by row, as of one instant. */
@Injectable()
export class ProfileExport {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly profiles: ProfileStore,
    private readonly deadLetters: DeadLetterStore,
  ) {}

  /** Lines of NDJSON, each with its `type`: the table that the row is of. */
  lines(profileId: number): AsyncGenerator<string> {
    return streamedSnapshot(this.dataSource, (tx) => this.allOf(tx, profileId));
  }

  private async *allOf(tx: Transaction, profileId: number): AsyncGenerator<string> {
    const merges = await this.profiles.mergesInto(tx, profileId);
    const family = [profileId, ...merges.map((one) => Number(one.profileId))];
    const identifiers = await this.identifiers.ofProfile(tx, profileId);
    yield* linesOf('identifiers', identifiers);
    yield* this.rows(tx, 'profiles', 'id', family);
    for (const table of Object.keys(PROFILE_TABLES)) yield* this.rows(tx, table, 'profile_id', family);
    yield* linesOf('dead_letters', await this.lettersAbout(tx, identifiers));
  }

  /** Through a cursor, so that a long history takes no more memory than a short one. */
  private async *rows(
    tx: Transaction,
    table: string,
    idColumn: string,
    family: readonly number[],
  ): AsyncGenerator<string> {
    await query(
      tx,
      `DECLARE exported NO SCROLL CURSOR FOR
         SELECT to_jsonb(held) - 'lane' AS held FROM ${table} held
          WHERE lane = ANY($1::smallint[]) AND ${idColumn} = ANY($2::bigint[])`,
      [family.map(laneOfProfile), family],
    );
    let count = ROWS_AT_ONCE;
    while (count === ROWS_AT_ONCE) {
      const rows = await query<{ held: object }>(tx, `FETCH ${ROWS_AT_ONCE} FROM exported`);
      yield* linesOf(table, rows.map((row) => row.held)); // prettier-ignore
      count = rows.length;
    }
    await query(tx, 'CLOSE exported');
  }

  private async lettersAbout(tx: Transaction, identifiers: readonly Identifier[]): Promise<object[]> {
    const letters = await this.deadLetters.about(tx, identifiers);
    return letters.map((letter) => ({ ...letter, body: letter.body.toString() }));
  }
}

function linesOf(type: string, rows: readonly object[]): string[] {
  return rows.map((row) => `${JSON.stringify({ type, ...row })}\n`);
}
