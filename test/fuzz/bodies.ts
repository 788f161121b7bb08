import { SOURCES } from '../../src/sources/registry.js';
import { webhookFixtures, type WebhookFixture } from '../support/webhooks.js';
import { deepJson, hostileObject, hostileValue } from './hostile.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';

/** What a sender might send to a source, or somebody who means it harm. */
export interface FuzzedBody {
  source: string;
  headers: Record<string, string>;
  body: Buffer;
}

const FIXTURES: ReadonlyMap<string, readonly WebhookFixture[]> = new Map(
  SOURCES.map(({ key }) => [key, webhookFixtures(key)]),
);
/** Parsed anew for every body that is made of one: quicker than a copy of the tree. */
const TEXTS = new Map([...FIXTURES.values()].flat().map((fixture) => [fixture, JSON.stringify(fixture.body)]));

/** The body of that number in the run of that seed; always the same. */
export function fuzzedBody(seed: number, index: number): FuzzedBody {
  const random = new Random(Math.imul(seed, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
  const source = random.pick(SOURCES).key;
  const fixture = random.pick(FIXTURES.get(source)!);
  return { source, headers: headersOf(fixture, random), body: bodyOf(fixture, random) };
}

function headersOf({ headers }: WebhookFixture, random: Random): Record<string, string> {
  if (!random.isIn(5)) return headers;
  const names = Object.keys(headers);
  const name = names.length > 0 ? random.pick(names) : 'X-Nothing';
  // What HTTP can carry; what it can't never reaches a source.
  const value = random.pick(['', 'a'.repeat(300), 'orders/create', 'customers/update', '../x', '{}', '1e999', 'x, y']);
  return { ...headers, [name]: value };
}

function bodyOf(fixture: WebhookFixture, random: Random): Buffer {
  const kind = random.below(100);
  if (kind < 55) return Buffer.from(JSON.stringify(mutate(JSON.parse(TEXTS.get(fixture)!), random)));
  if (kind < 75) return withOtherBytes(Buffer.from(TEXTS.get(fixture)!), random);
  if (kind < 85) return Buffer.from(JSON.stringify(hostileValue(random, 5)));
  if (kind < 90) return withHugeNumbers(TEXTS.get(fixture)!, random);
  if (kind < 93) return Buffer.from(deepJson(random));
  if (kind < 98) return Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256)));
  return Buffer.from(JSON.stringify({ ...(JSON.parse(TEXTS.get(fixture)!) as object), ...hostileObject(random) }));
}

function withOtherBytes(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length);
  switch (random.below(4)) {
    case 0:
      return body.subarray(0, at);
    case 1:
      return Buffer.concat([body.subarray(0, at), Buffer.from([random.below(256)]), body.subarray(at)]);
    case 2:
      return Buffer.concat([body, body.subarray(at)]);
    default:
      for (let times = 1 + random.below(8); times > 0; times--) body[random.below(body.length)] = random.below(256);
      return body;
  }
}

function withHugeNumbers(text: string, random: Random): Buffer {
  const huge = random.pick([
    '1e999',
    '-1e999',
    '9'.repeat(400),
    '1'.repeat(50_000),
    '0.1e-999',
    '12345678901234567890',
    '1E400',
  ]);
  let left = 1 + random.below(3);
  return Buffer.from(text.replaceAll(/\b\d+(\.\d+)?\b/g, (number) => (random.isIn(15) && left-- > 0 ? huge : number)));
}
