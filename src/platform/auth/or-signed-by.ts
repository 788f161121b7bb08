import { SetMetadata } from '@nestjs/common';

export const SIGNED_BY = Symbol('SignedBy');

/** Opens a route that asks for an API key also to requests without one that a system has signed, such as "customerio". */
export function OrSignedBy(system: string) {
  return SetMetadata(SIGNED_BY, system);
}
