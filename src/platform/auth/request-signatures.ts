import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of a JSON body whose sender signed it. */
    rawBody?: Buffer;
    /** The key that it was made with, once that is known. */
    apiKey?: { id: string };
    /** When its sender signed it, in epoch milliseconds; absent where an API key opened the route. */
    signedAt?: number;
  }
}

export interface SignedRequest {
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** How a system that signs its requests is recognised. */
export interface RequestSignature {
  /** The header in which it signs, in lower case. */
  header: string;
  /** That in which it states when it signed, in seconds; covered by the signature. */
  timeHeader: string;
  verify(request: SignedRequest): { ok: true } | { ok: false; problem: string };
}

/** The systems that may sign requests to routes, by the names that routes know them by. */
export type RequestSignatures = ReadonlyMap<string, RequestSignature>;

export const REQUEST_SIGNATURES = Symbol('RequestSignatures');

/** The request as it was signed. */
export function signedRequestOf({ headers, rawBody }: FastifyRequest): SignedRequest {
  const single = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { headers: Object.fromEntries(single), body: rawBody ?? Buffer.alloc(0) };
}
