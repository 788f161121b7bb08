import { SetMetadata } from '@nestjs/common';
import { ACCESS, type Access } from './access.js';

/** Opens a route or a controller to everybody; `reason` says why that is right. */
export function Public(reason: string) {
  return SetMetadata(ACCESS, { kind: 'public', reason } satisfies Access);
}
