import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of a JSON body whose sender signed it. */
    rawBody?: Buffer;
    /** The key that it was made with, once that is known. */
    apiKey?: { id: string };
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
