import { query, type Transaction } from '../platform/database.js';
import type { LinkTokens } from './link-tokens.js';

/** A link of ours that an address leads through. */
export interface AddressedLink {
  id: string;
  /** Whether it was given to one person, so that whoever follows it is known. */
  isBound: boolean;
}

const ADDRESS = /^https?:\/\/[^/?#]+\/l\/([\w-]+)(?:[?#]|$)/i;

/** The links of ours among addresses, long and short, whatever query was added to them; others are left out. */
export async function linksInAddresses(
  tx: Transaction,
  tokens: LinkTokens,
  addresses: readonly string[],
): Promise<Map<string, AddressedLink>> {
  const links = new Map<string, AddressedLink>();
  const codes = new Map<string, string>();
  for (const address of addresses) {
    const token = ADDRESS.exec(address)?.[1];
    const read = token === undefined ? undefined : tokens.read(token);
    if (read?.kind === 'long') links.set(address, { id: read.link, isBound: read.binding !== undefined });
    else if (read) codes.set(address, read.code);
  }
  if (codes.size === 0) return links;
  const rows = await query<{ code: Buffer; id: string; isBound: boolean }>(
    tx,
    'SELECT code, link_id AS id, binding IS NOT NULL AS "isBound" FROM link_shorts WHERE code = ANY($1::bytea[])',
    [[...new Set(codes.values())].map((code) => Buffer.from(code, 'base64url'))],
  );
  const known = new Map(rows.map(({ code, ...link }) => [code.toString('base64url'), link]));
  for (const [address, code] of codes) if (known.has(code)) links.set(address, known.get(code)!);
  return links;
}
