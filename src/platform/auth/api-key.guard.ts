import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';
import { ACCESS, type Access } from './access.js';
import { ApiKeyStore } from './api-key-store.js';

const BEARER = /^Bearer +([^\s,]+)$/i;
const CHALLENGE = 'Bearer realm="turnout"';

/** Asks every route who may use it. One that does not say is closed to everybody. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyStore,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!access) throw Problem.forbidden('This route is closed: it does not say who may use it.');
    if (access.kind === 'public') return true;
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (authorization === undefined) {
      throw Problem.unauthorised('An API key is needed: send "Authorization: Bearer <key>".', CHALLENGE);
    }
    const key = BEARER.exec(authorization)?.[1];
    const verified = key === undefined ? undefined : await this.keys.verify(key);
    if (!verified) {
      throw Problem.unauthorised('The API key is unknown or revoked.', `${CHALLENGE}, error="invalid_token"`);
    }
    if (!access.scopes.some((scope) => verified.scopes.includes(scope))) {
      const wanted = access.scopes.map((scope) => `"${scope}"`).join(' or ');
      throw Problem.forbidden(
        `The API key lacks the scope ${wanted}.`,
        `${CHALLENGE}, error="insufficient_scope", scope="${access.scopes[0]}"`,
      );
    }
    return true;
  }
}
