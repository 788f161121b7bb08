/**
 * The ids that lead to a profile, strongest evidence first. `shopify_order_id` is no person's id but leads to one:
 * a refund webhook names nothing but its order.
 */
export const IDENTIFIER_KINDS = [
  'customer_id',
  'cio_id',
  'shopify_customer_id',
  'email',
  'phone',
  'anonymous_id',
  'shopify_order_id',
] as const;

export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

export interface Identifier {
  kind: IdentifierKind;
  value: string;
}

export const MOST_IDENTIFIER_BYTES = 320;

/** No character takes more than three bytes each, as JavaScript counts them. */
const FEW_CHARACTERS = MOST_IDENTIFIER_BYTES / 4;

/**
 * An identifier in the one form under which it is stored and looked up: emails trimmed and in lower case, phone numbers
 * as digits with a leading plus, everything else trimmed. Undefined when nothing usable is left (empty, over 320 bytes,
 * or holding a NUL, which PostgreSQL can't store).
 */
export function identifier(kind: IdentifierKind, raw: unknown): Identifier | undefined {
  if (typeof raw !== 'string' && typeof raw !== 'number') return undefined;
  const text = String(raw).trim();
  const value = NORMALISE[kind]?.(text) ?? text;
  const isUsable =
    value !== '' &&
    !value.includes('\u0000') &&
    value.isWellFormed() &&
    (value.length <= FEW_CHARACTERS || Buffer.byteLength(value) <= MOST_IDENTIFIER_BYTES);
  return isUsable ? { kind, value } : undefined;
}

/** False of a text that is surely no one person's id of its kind: a list of addresses, a short code. */
export function isPlausible({ kind, value }: Identifier): boolean {
  return PLAUSIBLE[kind]?.test(value) ?? true;
}

const PLAUSIBLE: Partial<Record<IdentifierKind, RegExp>> = {
  email: /^[^\s@,;<>"]+@[^\s@,;<>"]+$/,
  phone: /^\+\d{7,15}$/,
};

const NORMALISE: Partial<Record<IdentifierKind, (value: string) => string>> = {
  email: (value) => value.toLowerCase(),
  phone: (value) => {
    const digits = value.replace(/\D/g, '').replace(/^00/, '');
    return digits && `+${digits}`;
  },
};

/** One text for an identifier, equal exactly where the identifiers are. */
export function identifierKey({ kind, value }: Identifier): string {
  return `${kind}:${value}`;
}
