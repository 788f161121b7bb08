import fc from 'fast-check';
import { deliveryOf, SIGN, webhookFixtures, type WebhookFixture } from '../../test/support/webhooks.js';
import { unsoundness } from '../../test/support/soundness.js';
import type { IncomingEvent } from '../profiles/incoming-event.js';
import { SOURCES, WEBHOOK_SOURCES } from './registry.js';
import type { Normalisation, WebhookDelivery } from './source.js';

/** Texts and values that break careless readers. */
const NASTY = [
  '',
  ' ',
  '\u0000',
  'a\ud800b',
  '\udc00',
  'x@example.org',
  '__proto__',
  '2026-02-30T00:00:00Z',
  '9'.repeat(400),
  'https://x.example/?__proto__=1&constructor=2&toString=3&a=%00&a=%zz&b=%ff',
  'x'.repeat(10_000),
  Number.MAX_SAFE_INTEGER + 1,
  -1,
  1e308,
  0.1,
  true,
  null,
  [],
  {},
  [null],
];

describe('the registry of sources', () => {
  it('names each source once, in a form fit for a path', () => {
    const keys = SOURCES.map((source) => source.key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[a-z0-9-]+$/);
  });
});

describe.each(WEBHOOK_SOURCES.map((source) => [source.key, source] as const))(
  'the webhook source %s, verifying',
  (key, source) => {
    const sign = SIGN[key];
    if (!sign) throw new Error(`The source ${key} needs an entry in SIGN`);
    const body = Buffer.from('{"a": 1, "ä": "raw bytes,\\n not parsed ones"}');
    const headers = sign(body, 'right secret');
    const signed = deliveryOf({ headers, body });
    const signatureName = Object.keys(signed.headers).find((name) => /signature|hmac/.test(name))!;
    const signature = signed.headers[signatureName]!;
    const isAccepted = (delivery: WebhookDelivery, secrets = ['right secret']): boolean =>
      source.verify(delivery, secrets).ok;
    const withHeader = (name: string, value: string | undefined): WebhookDelivery => ({
      ...signed,
      headers: { ...signed.headers, [name]: value },
    });

    it('accepts the right secret, alone or as one of two during a rotation', () => {
      expect(isAccepted(signed)).toBe(true);
      expect(isAccepted(signed, ['new secret', 'right secret'])).toBe(true);
      expect(isAccepted(signed, ['right secret', 'old secret'])).toBe(true);
    });

    it('refuses wrong secrets', () => {
      expect(isAccepted(signed, ['wrong secret'])).toBe(false);
      expect(isAccepted(signed, ['right secret ', 'Right secret'])).toBe(false);
    });

    it('refuses everything when no secret is configured, even what is signed with an empty one', () => {
      const signedWithNothing = deliveryOf({ headers: sign(body, ''), body });
      for (const secrets of [[], [''], ['', '']]) {
        expect(isAccepted(signed, secrets)).toBe(false);
        expect(isAccepted(signedWithNothing, secrets)).toBe(false);
      }
      expect(isAccepted(signedWithNothing, ['', 'right secret'])).toBe(false);
    });

    it('refuses a body in which any one byte differs, is missing or is added', () => {
      for (let index = 0; index < body.length; index += 1) {
        const tampered = Buffer.from(body);
        tampered[index]! ^= 1;
        expect(isAccepted({ ...signed, body: tampered })).toBe(false);
      }
      expect(isAccepted({ ...signed, body: body.subarray(1) })).toBe(false);
      expect(isAccepted({ ...signed, body: Buffer.concat([body, Buffer.from(' ')]) })).toBe(false);
      expect(isAccepted({ ...signed, body: Buffer.alloc(0) })).toBe(false);
    });

    it('refuses a delivery that lacks any of the headers of the signature', () => {
      for (const name of Object.keys(signed.headers)) {
        expect(isAccepted(withHeader(name, undefined))).toBe(false);
        expect(isAccepted(withHeader(name, ''))).toBe(false);
      }
      expect(isAccepted({ ...signed, headers: {} })).toBe(false);
    });

    it.each([
      ['cut short', signature.slice(0, -1)],
      ['too long', `${signature}0`],
      ['with one character changed', (signature.startsWith('a') ? 'b' : 'a') + signature.slice(1)],
      ['of other characters', 'z!'.repeat(signature.length / 2)],
      ['of other characters, as many bytes', 'é'.repeat(signature.length / 2)],
      ['given twice', `${signature}, ${signature}`],
      ['with its case changed', signature.toUpperCase()],
      ['in the other encoding', Buffer.from(signature, 'hex').toString('base64')],
    ])('refuses a signature %s', (_case, wrong) => {
      expect(isAccepted(withHeader(signatureName, wrong))).toBe(false);
    });

    it('accepts header names however the sender writes them', () => {
      const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
      expect(isAccepted(deliveryOf({ headers: shouted, body }))).toBe(true);
    });

    it('says what is wrong without repeating the signature or the secret', () => {
      const refused = source.verify(withHeader(signatureName, `${signature}0`), ['wrong secret']);
      expect(refused).toEqual({ ok: false, problem: expect.any(String) });
      expect(JSON.stringify(refused)).not.toContain('wrong secret');
      expect(JSON.stringify(refused)).not.toContain(signature);
    });
  },
);

describe.each(SOURCES.map((source) => [source.key, source] as const))('the source %s', (key, source) => {
  const fixtures = webhookFixtures(key);
  if (fixtures.length === 0) throw new Error(`The source ${key} needs fixtures`);
  const isOwnWord = WEBHOOK_SOURCES.some((one) => one.key === key);
  const expectSound = (read: Normalisation): void => expect(unsoundness(read, isOwnWord)).toEqual([]);

  describe('normalising', () => {
    const delivery = (fixture: WebhookFixture, body: Buffer): WebhookDelivery => deliveryOf({ ...fixture, body });
    const normalised = (fixture: WebhookFixture, body: unknown): Normalisation =>
      source.normalise(delivery(fixture, Buffer.from(JSON.stringify(body))));
    const anyFixture = fc.constantFrom(...fixtures);

    it.each(fixtures.map((fixture) => [fixture.name, fixture.says, fixture] as const))(
      'reads the fixture %s as recorded: %s',
      (_name, _says, fixture) => expect(normalised(fixture, fixture.body)).toEqual(fixture.expected),
    );

    it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
      'keeps no address, number or name of a person in the properties of %s',
      (_name, fixture) => {
        const personal = personalTexts(fixture.body);
        for (const event of eventsOf(normalised(fixture, fixture.body))) {
          const { href: _asClicked, ...properties } = event.properties;
          const kept = textsIn(properties);
          expect(kept.filter((text) => text.includes('@') || personal.has(text.toLowerCase()))).toEqual([]);
        }
      },
    );

    it('takes whatever bytes come', () => {
      fc.assert(
        fc.property(anyFixture, fc.uint8Array({ maxLength: 300 }), (fixture, bytes) => {
          expectSound(source.normalise(delivery(fixture, Buffer.from(bytes))));
        }),
      );
    });

    it('takes whatever JSON comes', () => {
      fc.assert(fc.property(anyFixture, fc.jsonValue(), (fixture, body) => expectSound(normalised(fixture, body))));
    });

    it('takes fixtures with any byte changed', () => {
      fc.assert(
        fc.property(anyFixture, fc.nat(), fc.integer({ min: 0, max: 255 }), (fixture, position, byte) => {
          const body = Buffer.from(JSON.stringify(fixture.body));
          body[position % body.length] = byte;
          expectSound(source.normalise(delivery(fixture, body)));
        }),
        { numRuns: 300 },
      );
    });

    it('takes fixtures with any values replaced or taken out', () => {
      const replacement = fc.oneof(fc.constantFrom<unknown>(undefined, ...NASTY), fc.jsonValue());
      const mutations = fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(anyFixture, mutations, (fixture, changes) => {
          const body = structuredClone(fixture.body);
          for (const [position, value] of changes) replaceAt(body, position, structuredClone(value));
          expectSound(normalised(fixture, body));
        }),
        { numRuns: 1_000 },
      );
    });

    it('takes fixtures with any header replaced or left out', () => {
      fc.assert(
        fc.property(anyFixture, fc.nat(), fc.option(fc.string(), { nil: undefined }), (fixture, position, value) => {
          const whole = delivery(fixture, Buffer.from(JSON.stringify(fixture.body)));
          const names = Object.keys(whole.headers);
          const name = names[position % Math.max(names.length, 1)] ?? 'none';
          expectSound(source.normalise({ ...whole, headers: { ...whole.headers, [name]: value } }));
        }),
      );
    });

    it.each([
      ['no JSON', '{"a":', 'not_json'],
      ['nothing', '', 'not_json'],
      ['a byte order mark', '\ufeff{}', 'not_json'],
      ['a list', '[{}]', 'wrong_shape'],
      ['null', 'null', 'wrong_shape'],
      ['an empty object', '{}', undefined],
      ['a deep list', '['.repeat(100_000) + ']'.repeat(100_000), 'wrong_shape'],
      ['deep objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'wrong_shape'],
    ])('calls a body that is %s unusable', (_case, text, reason) => {
      const usable = fixtures.find((fixture) => fixture.expected.kind === 'events')!;
      const read = source.normalise(delivery(usable, Buffer.from(text)));
      expect(read).toMatchObject({ kind: 'unusable', ...(reason && { reason }) });
      expectSound(read);
    });

    it('calls a body unusable that is nested too deeply anywhere, even where nobody reads it', () => {
      const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
      for (const fixture of fixtures.filter((one) => one.expected.kind === 'events')) {
        expect(normalised(fixture, { ...fixture.body, extra: nested(50) })).toEqual(fixture.expected);
        expect(normalised(fixture, { ...fixture.body, extra: nested(100) })).toMatchObject({ reason: 'wrong_shape' });
      }
    });

    it('calls a body that is not UTF-8 unusable', () => {
      const usable = fixtures.find((fixture) => fixture.expected.kind === 'events')!;
      const body = Buffer.from(JSON.stringify({ ...usable.body, extra: 'ÿ' }), 'latin1');
      expect(source.normalise(delivery(usable, body))).toMatchObject({ kind: 'unusable', reason: 'not_json' });
    });
  });
});

function eventsOf(read: Normalisation): IncomingEvent[] {
  return read.kind === 'events' ? read.events : [];
}

/** Every text in a value, names included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

/** The texts that a body holds under names that say they are about a person, in lower case. */
function personalTexts(value: unknown, name = ''): Set<string> {
  const isPersonal =
    /^(recipient|subject|email|email_address|contact_email|phone|first_name|last_name|city|zip|address1|note)$/;
  if (typeof value === 'string' && isPersonal.test(name)) return new Set([value.toLowerCase()]);
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(Object.entries(value).flatMap(([inner, one]) => [...personalTexts(one, inner)]));
}

/** Replaces the value at the nth place of a tree, counted round and round. */
function replaceAt(root: Record<string, unknown>, position: number, value: unknown): void {
  const places: [object: Record<string, unknown>, name: string][] = [];
  const visit = (object: Record<string, unknown>): void => {
    for (const [name, inner] of Object.entries(object)) {
      places.push([object, name]);
      if (typeof inner === 'object' && inner !== null) visit(inner as Record<string, unknown>);
    }
  };
  visit(root);
  const [object, name] = places[position % Math.max(places.length, 1)] ?? [root, 'none'];
  if (value === undefined) delete object[name];
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
