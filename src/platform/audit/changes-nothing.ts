import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

export const CHANGES_NOTHING = Symbol('ChangesNothing');

/** Of a route that is no GET, but only reads or computes: it leaves no trace in the audit log. */
export function ChangesNothing() {
  return applyDecorators(SetMetadata(CHANGES_NOTHING, true), ApiExtension('x-changes-nothing', true));
}
