import { Inject, Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';
import { ACCESS, type Access } from './access.js';
import { ApiKeyStore } from './api-key-store.js';
import { tokenIn, userNameIn } from './credentials.js';
import { SIGNED_BY } from './or-signed-by.js';
import { isOneOf, OR_TOKEN, ROUTE_TOKENS, type RouteTokens } from './or-token.js';
import { RateLimits } from './rate-limits.js';
import { REQUEST_SIGNATURES, signedRequestOf, type RequestSignatures } from './request-signatures.js';

const CHALLENGE = 'Bearer realm="turnout"';

/** Asks every route who may use it. One that does not say is closed to everybody. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyStore,
    @Optional() @Inject(REQUEST_SIGNATURES) private readonly signatures: RequestSignatures = new Map(),
    @Optional() private readonly limits?: RateLimits,
    @Optional() @Inject(ROUTE_TOKENS) private readonly tokens: RouteTokens = {},
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!access) throw Problem.forbidden('This route is closed: it does not say who may use it.');
    if (access.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    if (authorization === undefined) {
      const system = this.reflector.get<string | undefined>(SIGNED_BY, context.getHandler());
      if (system !== undefined && this.isSigned(request, system)) {
        await this.limits?.count(request, system, access.scopes[0]!);
        return true;
      }
      throw Problem.unauthorised('An API key is needed: send "Authorization: Bearer <key>".', CHALLENGE);
    }
    if (this.isByToken(authorization, this.reflector.get<string | undefined>(OR_TOKEN, context.getHandler())))
      return true;
    const key = tokenIn(authorization) ?? (access.scopes.includes('ingest') ? userNameIn(authorization) : undefined);
    const verified = key === undefined ? undefined : await this.keys.verify(key);
    if (!verified) {
      throw Problem.unauthorised('The API key is unknown, revoked or expired.', `${CHALLENGE}, error="invalid_token"`);
    }
    if (!access.scopes.some((scope) => verified.scopes.includes(scope))) {
      const wanted = access.scopes.map((scope) => `"${scope}"`).join(' or ');
      throw Problem.forbidden(
        `The API key lacks the scope ${wanted}.`,
        `${CHALLENGE}, error="insufficient_scope", scope="${access.scopes[0]}"`,
      );
    }
    request.apiKey = verified;
    await this.limits?.count(request, verified.id, access.scopes[0]!);
    return true;
  }

  /** Known without the database: who looks on must see, above all when it is down. */
  private isByToken(authorization: string, name: string | undefined): boolean {
    const token = name === undefined ? undefined : tokenIn(authorization);
    return token !== undefined && isOneOf(token, this.tokens[name!] ?? []);
  }

  /** A wrong signature is refused for what it is; without any, a key is asked for. */
  private isSigned(request: FastifyRequest, by: string): boolean {
    const signature = this.signatures.get(by);
    if (!signature || request.headers[signature.header] === undefined) return false;
    const verification = signature.verify(signedRequestOf(request));
    if (!verification.ok) throw Problem.unauthorised(`${verification.problem}.`, 'Signature');
    // How old a signature may be is judged by the one clock, where it is read anyway.
    request.signedAt = Number(request.headers[signature.timeHeader]) * 1_000;
    return true;
  }
}
