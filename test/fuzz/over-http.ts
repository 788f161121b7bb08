import { SHOPIFY_SECRET, SIGNING_KEY } from '../support/turnout.js';
import { SIGN } from '../support/webhooks.js';
import { fuzzedBody, type FuzzedBody } from './bodies.js';
import type { Outcomes } from './outcomes.js';
import { Random } from './random.js';

const SECRETS: Readonly<Record<string, string>> = { customerio: SIGNING_KEY, shopify: SHOPIFY_SECRET };
const SEGMENT_PATHS = ['batch', 'batch', 'identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
const AT_ONCE = 16;

/** What the service may answer: taken, not usable and told why, too large, of another type; too much at once. */
const EXPECTED = [200, 400, 413, 415, 429];

/** Sends the bodies of a range to a running service. Says what was wrong with which answer, if anything was. */
export async function fuzzOverHttp(
  service: { url: string; key: string },
  seed: number,
  range: { from: number; to: number },
  outcomes: Outcomes,
): Promise<string[]> {
  const wrong: string[] = [];
  let next = range.from;
  const sendSome = async (): Promise<void> => {
    for (let index = next++; index < range.to; index = next++) {
      const fuzzed = fuzzedBody(seed, index);
      const what = await wrongWith(service, fuzzed, new Random(seed ^ index), outcomes);
      if (what !== undefined) wrong.push(`body ${index} of seed ${seed}, ${fuzzed.source}, over HTTP: ${what}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendSome));
  return wrong;
}

async function wrongWith(
  { url, key }: { url: string; key: string },
  fuzzed: FuzzedBody,
  random: Random,
  outcomes: Outcomes,
): Promise<string | undefined> {
  const { path, headers, body } = requestOf(fuzzed, key, random);
  const began = performance.now();
  let response: Response;
  let text: string;
  try {
    response = await fetch(url + path, { method: 'POST', headers, body: new Uint8Array(body) });
    text = await response.text();
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
  const answer = parsed(text);
  const { status } = response;
  const taken = typeof answer['status'] === 'string' ? answer['status'] : 'success';
  const said = status === 200 ? `200 ${taken}` : String(status);
  outcomes.count(fuzzed.source, said, performance.now() - began);
  if (!EXPECTED.includes(status)) return `it is answered ${status} ${text.slice(0, 200)}`;
  const isExplained = status === 200 || typeof answer['detail'] === 'string';
  return isExplained ? undefined : `${status} explains nothing: ${text.slice(0, 200)}`;
}

function requestOf(fuzzed: FuzzedBody, key: string, random: Random) {
  const { source, headers } = fuzzed;
  const secret = SECRETS[source];
  if (secret !== undefined) {
    const signed = { 'content-type': 'application/json', ...headers, ...SIGN[source]!(fuzzed.body, secret) };
    return { path: `/v1/sources/${source}`, headers: signed, body: fuzzed.body };
  }
  const path = random.pick(SEGMENT_PATHS);
  const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  const encoding = random.isIn(3) ? { 'content-encoding': random.pick(['gzip', 'br', 'identity']) } : {};
  return {
    path: `/v1/${path}`,
    headers: { 'content-type': 'application/json', authorization, ...encoding, ...headers },
    body: path === 'batch' ? inBatch(fuzzed.body, random) : fuzzed.body,
  };
}

/** Mostly as one of several calls; else the body is the batch. */
function inBatch(body: Buffer, random: Random): Buffer {
  if (random.isIn(20)) return body;
  const good = Buffer.from('{"type":"track","userId":"1","event":"x"}');
  return Buffer.concat([Buffer.from('{"batch":['), good, Buffer.from(','), body, Buffer.from('],"context":{}}')]);
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
