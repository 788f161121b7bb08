import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { CustomerIORequestError, type TrackClient } from 'customerio-node';
import type { Milliseconds } from '../../core/instant.js';

/** As the SDK makes it. */
type TrackRequest = Parameters<TrackClient['request']['handler']>[0];

export interface TrackAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** A connection that has been idle for so long is not used again: the other side may be closing it. */
const IDLE_MS: Milliseconds = 4_000;
const REDIRECTS: readonly number[] = [301, 302, 307, 308];
const agents = {
  http: new HttpAgent({ keepAlive: true, timeout: IDLE_MS }),
  https: new HttpsAgent({ keepAlive: true, timeout: IDLE_MS }),
};

/** How requests to the Track API are made; the simulation puts a network of its own in its place. */
export const trackNetwork = { ask };

/**
 * Has an SDK's client, which retries nothing, make its requests by Node's own HTTP: that takes a quarter of the processor time
 * of `fetch`. A redirect is left to the SDK, which knows what may be sent where.
 */
export function overHttp(client: TrackClient, timeoutMs: Milliseconds): TrackClient {
  const { request } = client;
  const bySdk = request.handler.bind(request);
  request.handler = async (wanted) => {
    const answer = await trackNetwork.ask(wanted, timeoutMs);
    return REDIRECTS.includes(answer.status) ? bySdk(wanted) : read(answer);
  };
  return client;
}

/** Throws as the SDK does. */
function read({ status, headers, text }: TrackAnswer): Record<string, unknown> {
  const isOk = status >= 200 && status < 300;
  let json: Record<string, unknown> = {};
  try {
    if (text !== '') json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error('Unable to parse JSON');
  }
  if (isOk) return json;
  throw new CustomerIORequestError(json, status, { statusCode: status, headers, ok: false }, text);
}

/** Throws as `fetch` does: a TimeoutError when it takes longer than it may, to the last byte, or a TypeError with its cause. */
function ask({ uri, method, headers, body }: TrackRequest, timeoutMs: Milliseconds): Promise<TrackAnswer> {
  return new Promise((resolve, reject) => {
    const isHttps = uri.startsWith('https:');
    const make = isHttps ? httpsRequest : httpRequest;
    const request = make(uri, { method, headers, agent: isHttps ? agents.https : agents.http });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      request.destroy();
    }, timeoutMs);
    const fail = (cause: Error): void => {
      clearTimeout(timer);
      reject(
        isLate
          ? new DOMException('There was no answer in time', 'TimeoutError')
          : new TypeError('fetch failed', { cause }),
      );
    };
    const answer = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode!, headers: headersOf(response), text });
      });
    };
    request.on('error', fail).on('response', answer);
    request.end(typeof body === 'string' ? body : undefined);
  });
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
