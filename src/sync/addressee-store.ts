import { Injectable } from '@nestjs/common';
import type { Addressee } from '../destinations/destination.js';
import type { Address } from '../outbox/outbox-message.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';

const FIELD_OF_KIND: Record<string, keyof Addressee> = { customer_id: 'customerId', cio_id: 'cioId', email: 'email' };

/** How a destination may know somebody, from identifiers by kind. */
export function addresseeOf(address: Address): Addressee {
  const fields = Object.entries(address).flatMap(([kind, value]) => {
    const field = FIELD_OF_KIND[kind];
    return field ? [[field, value]] : [];
  });
  return Object.fromEntries(fields) as Addressee;
}

/** How destinations may know our profiles: a read model over the identifiers. */
@Injectable()
export class AddresseeStore {
  /** By profile id. Of several identifiers of a kind the oldest is the one that the destination has known longest. */
  async of(tx: Transaction, profileIds: readonly number[]): Promise<Map<number, Addressee>> {
    const rows = await query<{ profile_id: string; kind: string; value: string }>(
      tx,
      `SELECT DISTINCT ON (profile_id, kind) profile_id, kind, value FROM identifiers
        WHERE profile_id = ANY($1::bigint[]) AND kind = ANY($2::text[])
        ORDER BY profile_id, kind, created_at, value`,
      [profileIds, Object.keys(FIELD_OF_KIND)],
    );
    const addressees = new Map<number, Addressee>(profileIds.map((id) => [id, {}]));
    for (const row of rows) addressees.get(Number(row.profile_id))![FIELD_OF_KIND[row.kind]!] = row.value;
    return addressees;
  }

  /** Of these profiles, those whom a destination is known to hold somewhere. */
  async knownTo(tx: Transaction, destination: string, profileIds: readonly number[]): Promise<Set<number>> {
    const rows = await query<{ profile_id: string }>(
      tx,
      `SELECT DISTINCT p AS profile_id FROM unnest($2::smallint[], $3::bigint[]) AS asked (l, p),
              LATERAL (SELECT FROM outbox WHERE lane = l AND profile_id = p AND destination = $1 AND holds LIMIT 1) AS held`,
      [destination, profileIds.map(laneOfProfile), profileIds],
    );
    return new Set(rows.map((row) => Number(row.profile_id)));
  }

  /**
   * The profiles that a destination's members lead to, each by the first identifier of theirs that is known here; undefined
   * for a stranger.
   */
  async profilesOf(tx: Transaction, members: readonly Addressee[]): Promise<(number | undefined)[]> {
    const named = members.map(identifiersOf);
    const keys = [...new Set(named.flat())];
    const parts = keys.map((key) => [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)] as const);
    const rows = await query<{ kind: string; value: string; profile_id: string }>(
      tx,
      `SELECT kind, value, profile_id FROM identifiers
        WHERE (lane, kind, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[]))
          AND profile_id IS NOT NULL`,
      [keys.map(laneOfText), parts.map(([kind]) => kind), parts.map(([, value]) => value)],
    );
    const known = new Map(rows.map((row) => [`${row.kind}:${row.value}`, Number(row.profile_id)]));
    return named.map((own) => own.map((key) => known.get(key)).find((id) => id !== undefined));
  }
}

/** As they are kept: kind and value in one text, emails in lower case; strongest first. */
function identifiersOf({ customerId, cioId, email }: Addressee): string[] {
  return [
    ...(customerId === undefined ? [] : [`customer_id:${customerId.trim()}`]),
    ...(cioId === undefined ? [] : [`cio_id:${cioId.trim()}`]),
    ...(email === undefined ? [] : [`email:${email.trim().toLowerCase()}`]),
  ];
}
