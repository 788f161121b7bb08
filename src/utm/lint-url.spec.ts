import fc from 'fast-check';
import { lintUrl } from './lint-url.js';
import type { UtmSchema } from './utm-schema.js';

const SCHEMA: UtmSchema = {
  hosts: ['shop.example', '*.shop.example'],
  keys: {
    utm_source: { required: true, allowed: ['customerio'] },
    utm_medium: { required: true, allowed: ['email', 'sms', 'push'] },
    utm_campaign: { required: true, pattern: '{quarter}_{words}' },
    utm_content: { pattern: '{words}' },
    utm_id: { pattern: '{any}', case: 'any' },
  },
  channels: {
    email: { keys: { utm_medium: { allowed: ['email'] }, utm_content: { required: true } } },
    sms: { keys: { utm_medium: { allowed: ['sms'] }, utm_content: { maxLength: 10 } } },
  },
};

const RIGHT = 'utm_source=customerio&utm_medium=push&utm_campaign=q3_summer_sale';
const lint = (query: string, channel: string | null = null) =>
  lintUrl(SCHEMA, `https://shop.example/p${query}`, channel);
const kinds = (query: string, channel: string | null = null) =>
  lint(query, channel).findings.map(({ kind, key }) => [kind, key]);
const mended = (query: string) => lint(query).mended?.replace('https://shop.example/p', '') ?? null;

describe('a link is looked at', () => {
  it('and nothing is found where it is as declared', () => {
    expect(lint(`?color=red&${RIGHT}#top`)).toMatchObject({ isJudged: true, findings: [], dynamic: [], mended: null });
  });

  it.each([
    ['an unknown value', 'utm_source=mailchimp', 'unknown-value', null],
    ['a slip of the keyboard', 'utm_source=custmerio', 'unknown-value', 'customerio'],
    ['other case', 'utm_source=CustomerIO', 'case', 'customerio'],
    ['other separators', 'utm_source=customer.io', 'separator', 'customerio'],
    ['no value', 'utm_source=', 'empty', 'customerio'],
    ['no equals sign', 'utm_source', 'empty', 'customerio'],
    ['a value that was encoded twice', 'utm_source=customer%2569o', 'encoded-twice', 'customerio'],
  ])('for %s', (_, pair, kind, suggestion) => {
    const { findings } = lint(`?${RIGHT.replace('utm_source=customerio', pair)}`);
    expect(findings).toMatchObject([{ kind, severity: 'error', key: 'utm_source', suggestion, offset: 23 }]);
  });

  it('for the form of a campaign, case and separators apart', () => {
    const of = (value: string) => lint(`?${RIGHT.replace('q3_summer_sale', value)}`).findings;
    expect(of('Q3_Summer_Sale')).toMatchObject([{ kind: 'case', suggestion: 'q3_summer_sale' }]);
    expect(of('q3-summer+sale')).toMatchObject([{ kind: 'separator', suggestion: 'q3_summer_sale' }]);
    expect(of('Q3%20Summer%20Sale').map(({ kind }) => kind)).toEqual(['case', 'separator']);
    expect(of('summer_sale')).toMatchObject([{ kind: 'unknown-value', suggestion: null }]);
    expect(of(`q3_${'x'.repeat(98)}`)).toMatchObject([{ kind: 'too-long' }]);
    expect(of(`q3_${'x'.repeat(97)}`)).toEqual([]);
  });

  it('for keys that are missing, doubled, unknown or spelled otherwise', () => {
    expect(kinds('')).toEqual([
      ['missing', 'utm_source'],
      ['missing', 'utm_medium'],
      ['missing', 'utm_campaign'],
    ]);
    expect(kinds(`?${RIGHT}&utm_source=customerio`)).toEqual([['repeated', 'utm_source']]);
    expect(kinds(`?${RIGHT}&utm_foo=1&utm_term=x`)).toEqual([
      ['unknown-key', 'utm_foo'],
      ['unknown-key', 'utm_term'],
    ]);
    expect(kinds(`?${RIGHT.replace('utm_medium', 'UTM-Medium')}`)).toEqual([['key-spelling', 'utm_medium']]);
    expect(kinds(`?${RIGHT.replace('&utm_medium', '&amp;utm_medium')}`)).toEqual([['key-spelling', 'utm_medium']]);
  });

  it('but not for what the sending tool appends, however it spells that', () => {
    const lint = (query: string) =>
      lintUrl({ ...SCHEMA, appended: ['utm_term', 'utm_ajs'] }, `https://shop.example/p?${query}`);
    const appended = `${RIGHT}&utm_term=A%20B&UTM_Term=&utm_ajs=1`;
    expect(lint(appended)).toMatchObject({ isJudged: true, findings: [], mended: null });
    expect(lint(`${appended}&utm_foo=1`).findings).toMatchObject([{ kind: 'unknown-key', key: 'utm_foo' }]);
  });

  it('for parameters behind the fragment', () => {
    expect(kinds(`#${RIGHT}`)).toContainEqual(['in-fragment', null]);
  });

  it('by the rules of its channel: the one asked for, or the only one with its medium', () => {
    const email = RIGHT.replace('push', 'email');
    expect(lint(`?${email}`)).toMatchObject({ channel: 'email', findings: [{ kind: 'missing', key: 'utm_content' }] });
    expect(kinds(`?${email}&utm_content=x`, 'sms')).toEqual([['unknown-value', 'utm_medium']]);
    expect(kinds(`?${RIGHT.replace('push', 'sms')}&utm_content=12345678901`)).toEqual([['too-long', 'utm_content']]);
  });

  it('not where it leads elsewhere, or is no web address', () => {
    for (const url of ['https://instagram.com/shop', 'mailto:a@shop.example', 'tel:+49', 'https://evilshop.example/']) {
      expect(lintUrl(SCHEMA, url)).toMatchObject({ isJudged: false, findings: [] });
    }
    expect(lintUrl(SCHEMA, 'https://de.shop.example/').isJudged).toBe(true);
    expect(lintUrl(SCHEMA, 'shop')).toMatchObject({ isJudged: false, findings: [{ kind: 'not-a-url' }] });
  });

  it('but for values that only the sending will tell', () => {
    const result = lint(`?${RIGHT.replace('q3_summer_sale', '{{ campaign.name | replace: "&", "?" }}')}`);
    expect(result).toMatchObject({ findings: [], dynamic: ['utm_campaign'] });
  });
});

describe('a mended link', () => {
  it.each([
    [
      '?utm_source=CustomerIO&a=1&&b=%20+&utm_medium=Push&utm_campaign=Q3+Sale&c#f',
      '?utm_source=customerio&a=1&&b=%20+&utm_medium=push&utm_campaign=q3_sale&c#f',
    ],
    [`?UTM_Source=customerio&a=1&${RIGHT.slice(22)}`, `?utm_source=customerio&a=1${RIGHT.slice(21)}`],
    [`?${RIGHT}&utm_source=other&x=1`, `?${RIGHT}&x=1`],
    [`?${RIGHT}&utm_content=&x=1`, `?${RIGHT}&x=1`],
    ['?utm_medium=push&utm_campaign=q3_x#top', '?utm_medium=push&utm_campaign=q3_x&utm_source=customerio#top'],
    ['#top', '?utm_source=customerio#top'],
    [`?x={{ a | b: "&" }}&utm_source=CUSTOMERIO&${RIGHT.slice(22)}`, `?x={{ a | b: "&" }}&${RIGHT}`],
    [`?${RIGHT}`, null],
    ['?utm_source=customerio&utm_medium=push&utm_campaign=sale', null],
  ])('of %s is %s', (query, expected) => {
    expect(mended(query)).toBe(expected);
  });

  const part = fc.constantFrom(
    ...[
      'a=1',
      'b=%41',
      '',
      'c',
      'utm_source=Customerio',
      'utm_source=customerio',
      'UTM_medium=push',
      'utm_medium=E-Mail',
      'utm_campaign=q1 x',
    ],
    ...['utm_campaign=q1_a', 'utm_content=', 'utm_content=A%20b', 'utm_foo=1', 'utm_id=%2541', 'utm_term'],
  );

  it('keeps what is no UTM parameter byte for byte, and is not mended again', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('', '#f?utm'), (parts, fragment) => {
        const url = `https://shop.example/p?${parts.join('&')}${fragment}`;
        const first = lintUrl(SCHEMA, url).mended ?? url;
        expect(lintUrl(SCHEMA, first).mended).toBeNull();
        const others = (text: string) =>
          text
            .replace(/#.*/, '')
            .split('?')[1]
            ?.split('&')
            .filter((one) => one !== '' && !/^utm_/i.test(one)) ?? [];
        expect(others(first)).toEqual(others(url));
      }),
    );
  });
});
