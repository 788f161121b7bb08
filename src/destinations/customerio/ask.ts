/** What a request to one of Customer.io's APIs came to. A body that is no JSON object is an empty one. */
export interface Asked {
  /** 0: there was no answer. */
  status: number;
  body: Readonly<Record<string, unknown>>;
}

export interface Api {
  /** Without a path. */
  url: string;
  authorization: string;
  timeoutMs: number;
}

/** Asks once; for looks at a set-up, not for what is sent all the time. */
export async function ask(api: Api, method: string, path: string, body?: object): Promise<Asked> {
  try {
    const response = await fetch(api.url.replace(/\/+$/, '') + path, {
      method,
      redirect: 'manual',
      headers: { authorization: api.authorization, ...(body && { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(api.timeoutMs),
      ...(body && { body: JSON.stringify(body) }),
    });
    const parsed: unknown = await response.json().catch(() => undefined);
    return { status: response.status, body: isObject(parsed) ? parsed : {} };
  } catch {
    return { status: 0, body: {} };
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an unexpected answer says, in words. */
export function inWords({ status }: Asked): string {
  return status === 0 ? 'did not answer' : `answered ${status}`;
}
