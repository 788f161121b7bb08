import type { Addressee } from '../destination.js';

export type CustomerioIdKind = 'id' | 'cio_id' | 'email';

export interface CustomerioIdentifier {
  kind: CustomerioIdKind;
  value: string;
}

const MAX_BYTES = 150;

/**
 * The identifier under which a membership is sent: the customer id, else the cio_id, else the email. One that Customer.io
 * would refuse (empty, over 150 bytes) is passed over, since it would cost all others in its request; undefined if none
 * is left.
 */
export function membershipIdentifier({ customerId, cioId, email }: Addressee): CustomerioIdentifier | undefined {
  if (isUsable(customerId)) return { kind: 'id', value: customerId };
  if (isUsable(cioId)) return { kind: 'cio_id', value: cioId };
  return isUsable(email) ? { kind: 'email', value: email } : undefined;
}

/**
 * The identifier that stands in a path, in the same order of preference: the customer id, `cio_` and the cio_id, or the
 * email. A customer id that a path would turn into something else (a cio_id, or a step up) is passed over.
 */
export function pathIdentifier(addressee: Addressee): string | undefined {
  const { customerId, ...others } = addressee;
  const isMisread = customerId !== undefined && /^(cio_.*|\.\.?)$/s.test(customerId);
  const identifier = membershipIdentifier(isMisread ? others : addressee);
  return identifier?.kind === 'cio_id' ? `cio_${identifier.value}` : identifier?.value;
}

/** An email that Customer.io would take. */
export function usableEmail({ email }: Addressee): string | undefined {
  return isUsable(email) ? email : undefined;
}

function isUsable(value: string | undefined): value is string {
  if (value === undefined || value.trim() === '') return false;
  return value.isWellFormed() && Buffer.byteLength(value) <= MAX_BYTES;
}
