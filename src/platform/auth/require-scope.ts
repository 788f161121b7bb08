import { SetMetadata } from '@nestjs/common';
import { ACCESS, type Access, type Scope } from './access.js';

/** Opens a route or a controller to API keys with this scope. */
export function RequireScope(scope: Scope) {
  return SetMetadata(ACCESS, { kind: 'scope', scope } satisfies Access);
}
