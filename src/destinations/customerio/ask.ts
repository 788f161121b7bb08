/** What a request to one of Customer.io's APIs came to. */
export interface Asked {
  /** 0: there was no answer. */
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Undefined where it is no JSON object. */
  body: Readonly<Record<string, unknown>> | undefined;
  /** Whether it was waited for as long as one may. */
  isLate: boolean;
}

export interface Api {
  /** Without a path. */
  url: string;
  authorization: string;
  timeoutMs: number;
}

/** Asks once. Throws only when `stop` ends it. */
export async function ask(
  api: Api,
  method: string,
  path: string,
  { body, stop }: { body?: object; stop?: AbortSignal } = {},
): Promise<Asked> {
  const timeout = AbortSignal.timeout(api.timeoutMs);
  try {
    const response = await fetch(api.url.replace(/\/+$/, '') + path, {
      method,
      redirect: 'manual',
      headers: { authorization: api.authorization, ...(body && { 'content-type': 'application/json' }) },
      signal: stop ? AbortSignal.any([stop, timeout]) : timeout,
      ...(body && { body: JSON.stringify(body) }),
    });
    const parsed: unknown = await response.json().catch((error: unknown) => {
      if (timeout.aborted || stop?.aborted) throw error;
    });
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, body: isObject(parsed) ? parsed : undefined, isLate: false };
  } catch {
    stop?.throwIfAborted();
    return { status: 0, headers: {}, body: undefined, isLate: timeout.aborted };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; where there is no list, none: an empty one may be null. */
export function objectsIn(listed: unknown): Record<string, unknown>[] {
  return Array.isArray(listed) ? listed.filter(isObject) : [];
}

/** What an unexpected answer says, in words. */
export function inWords({ status }: Asked): string {
  return status === 0 ? 'did not answer' : `answered ${status}`;
}
