import { createHash, timingSafeEqual } from 'node:crypto';
import { SetMetadata } from '@nestjs/common';

export const OR_TOKEN = Symbol('OrToken');

/** Opens a route that asks for an API key also to whoever sends a token of the configuration, such as "metrics". */
export function OrToken(name: string) {
  return SetMetadata(OR_TOKEN, name);
}

/** The tokens of the configuration, by the names that routes know them by. */
export type RouteTokens = Readonly<Record<string, readonly string[]>>;

export const ROUTE_TOKENS = Symbol('RouteTokens');

/** Takes the same time whatever is wrong with the token. */
export function isOneOf(token: string, tokens: readonly string[]): boolean {
  return tokens.some((one) => timingSafeEqual(digestOf(token), digestOf(one)));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
