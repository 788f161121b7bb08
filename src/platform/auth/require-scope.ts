import { SetMetadata } from '@nestjs/common';
import { ACCESS, type Access, type Scope } from './access.js';

/** Opens a route or a controller to API keys with this scope or, of several, any of them. */
export function RequireScope(...scopes: readonly Scope[]) {
  return SetMetadata(ACCESS, { kind: 'scope', scopes } satisfies Access);
}
