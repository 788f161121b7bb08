import { Inject, Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
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

/** Who may use a route. */
export interface Door {
  access: Access | undefined;
  /** A system whose signature opens it, too. */
  signedBy: string | undefined;
  /** The tokens of the configuration that open it, too. */
  token: string | undefined;
}

/** Asks every route who may use it. One that does not say is closed to everybody. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly doors = new WeakMap<object, Door>();

  constructor(
    private readonly keys: ApiKeyStore,
    @Optional() @Inject(REQUEST_SIGNATURES) private readonly signatures: RequestSignatures = new Map(),
    @Optional() private readonly limits?: RateLimits,
    @Optional() @Inject(ROUTE_TOKENS) private readonly tokens: RouteTokens = {},
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handler = context.getHandler();
    let door = this.doors.get(handler);
    if (!door) this.doors.set(handler, (door = this.doorOf(handler, context.getClass())));
    await this.admit(context.switchToHttp().getRequest<FastifyRequest>(), door);
    return true;
  }

  /** Who may use a route, as its handler and its controller say. */
  doorOf(handler: object, controller: object): Door {
    const read = <T>(key: symbol): T | undefined => Reflect.getMetadata(key, handler) as T | undefined;
    return {
      access: read<Access>(ACCESS) ?? (Reflect.getMetadata(ACCESS, controller) as Access | undefined),
      signedBy: read<string>(SIGNED_BY),
      token: read<string>(OR_TOKEN),
    };
  }

  /** Throws a problem where a request is not let in. */
  async admit(request: FastifyRequest, { access, signedBy, token }: Door): Promise<void> {
    if (!access) throw Problem.forbidden('This route is closed: it does not say who may use it.');
    if (access.kind === 'public') return;
    const { authorization } = request.headers;
    if (authorization === undefined) {
      if (signedBy === undefined || !this.isSigned(request, signedBy)) {
        throw Problem.unauthorised('An API key is needed: send "Authorization: Bearer <key>".', CHALLENGE);
      }
      await this.limits?.count(request, signedBy, access.scopes[0]!);
      return;
    }
    if (this.isByToken(authorization, token)) return;
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
