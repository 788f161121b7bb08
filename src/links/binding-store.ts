import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from '../profiles/identifier.js';
import { LinkKeys } from './link-keys.js';
import { BINDING_BYTES } from './link-tokens.js';

/** To whom a link is given, and with which delivery. */
export interface Binding {
  profileId: number;
  deliveryId: string | null;
  /** When the link ends. */
  expiresAt: Date;
}

/** What a reference says about who clicked. */
export interface Bound {
  identifier: Identifier;
  deliveryId: string | null;
}

/** References to profiles that stand in tokens in their place. */
@Injectable()
export class BindingStore {
  constructor(private readonly keys: LinkKeys) {}

  /** References, in order, in base64url; the same for the same profile and delivery, and kept as long as a link with it lives. */
  async bind(tx: Transaction, bindings: readonly Binding[]): Promise<string[]> {
    const references = bindings.map(({ profileId, deliveryId }) =>
      this.keys.hash('binding', `${profileId}\0${deliveryId ?? ''}`, BINDING_BYTES),
    );
    await query(
      tx,
      `INSERT INTO link_bindings AS known (lane, profile_id, reference, delivery_id, created_at, expires_at)
       SELECT lane, profile_id, reference, delivery_id, turnout_now(), max(expires_at)
         FROM unnest($1::smallint[], $2::bigint[], $3::bytea[], $4::text[], $5::timestamptz[])
           AS new (lane, profile_id, reference, delivery_id, expires_at)
        GROUP BY lane, profile_id, reference, delivery_id ORDER BY lane, profile_id, reference
       ON CONFLICT (lane, profile_id, reference) DO UPDATE SET expires_at = excluded.expires_at
        WHERE known.expires_at < excluded.expires_at`,
      [
        bindings.map((one) => laneOfProfile(one.profileId)),
        bindings.map((one) => one.profileId),
        references,
        bindings.map((one) => one.deliveryId),
        bindings.map((one) => one.expiresAt),
      ],
    );
    return references.map((one) => one.toString('base64url'));
  }

  /** Who stands behind references, by reference; without those of people who were erased. */
  async read(tx: Transaction, references: readonly string[]): Promise<Map<string, Bound>> {
    if (references.length === 0) return new Map();
    const rows = await query<{ reference: Buffer; delivery_id: string | null; kind: IdentifierKind; value: string }>(
      tx,
      `SELECT DISTINCT ON (reference) reference, delivery_id, kind, value
         FROM link_bindings JOIN identifiers USING (profile_id)
        WHERE reference = ANY($1::bytea[])
        ORDER BY reference, array_position($2::text[], kind), identifiers.created_at, value`,
      [references.map((one) => Buffer.from(one, 'base64url')), IDENTIFIER_KINDS],
    );
    return new Map(
      rows.map(({ reference, delivery_id: deliveryId, kind, value }) => [
        reference.toString('base64url'),
        { identifier: { kind, value }, deliveryId },
      ]),
    );
  }
}
