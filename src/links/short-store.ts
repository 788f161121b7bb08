import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { LinkKeys } from './link-keys.js';
import { CODE_BYTES } from './link-tokens.js';

/** What a short form stands for. */
export interface ShortOf {
  linkId: string;
  /** A reference in base64url. */
  binding: string | undefined;
}

/** Short forms of links, for text messages. */
@Injectable()
export class ShortStore {
  constructor(private readonly keys: LinkKeys) {}

  /** Codes, in order; the same for the same link and binding. */
  async shorten(tx: Transaction, shorts: readonly ShortOf[]): Promise<Buffer[]> {
    const codes = shorts.map((one) => this.codeOf(one));
    const rows = await query<{ link_id: string; wanted: string }>(
      tx,
      `WITH new AS (
         SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[]) AS new (code, link_id, binding)
       ), written AS (
         INSERT INTO link_shorts (code, link_id, binding, created_at)
         SELECT code, link_id, binding, turnout_now() FROM new ORDER BY code ON CONFLICT DO NOTHING
       )
       SELECT known.link_id, new.link_id AS wanted FROM link_shorts AS known JOIN new USING (code)
        WHERE (known.link_id, known.binding) IS DISTINCT FROM (new.link_id, new.binding)`,
      [
        codes,
        shorts.map((one) => one.linkId),
        shorts.map((one) => one.binding && Buffer.from(one.binding, 'base64url')),
      ],
    );
    // 64 bits of a hash: it would take thousands of millions of short forms.
    if (rows.length > 0) throw new Error('two short forms have the same code');
    return codes;
  }

  /** The code of a link that is bound to nobody, if a short form of it was asked for. */
  async ofLinks(tx: Transaction, linkIds: readonly string[]): Promise<Map<string, Buffer>> {
    const rows = await query<{ link_id: string; code: Buffer }>(
      tx,
      'SELECT link_id, code FROM link_shorts WHERE link_id = ANY($1::text[]) AND binding IS NULL',
      [linkIds],
    );
    return new Map(rows.map((row) => [row.link_id, row.code]));
  }

  private codeOf({ linkId, binding }: ShortOf): Buffer {
    return this.keys.hash('code', `${linkId}\0${binding ?? ''}`, CODE_BYTES);
  }
}
