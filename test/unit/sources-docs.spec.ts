import { readFileSync } from 'node:fs';
import { SOURCES } from '../../src/sources/registry.js';
import { COMMERCE_EVENTS, commerceName } from '../../src/sources/segment/commerce.js';
import { CALL_TYPES } from '../../src/sources/segment/check-call.js';
import { SHOPIFY_TOPICS } from '../../src/sources/shopify/normalise.js';
import { webhookFixtures } from '../support/webhooks.js';

const document = readFileSync('docs/sources.md', 'utf8');
const headings: Readonly<Record<string, string>> = {
  customerio: '## Customer.io',
  shopify: '## Shopify',
  segment: "## Segment's specification",
};

function sectionOf(source: string): string {
  const [, rest = ''] = document.split(`${headings[source]!}\n`);
  return rest.split('\n## ')[0]!;
}

function namedIn(text: string): Set<string> {
  const prose = text.replaceAll(/^```.*?^```/gms, '');
  return new Set([...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!));
}

describe('docs/sources.md', () => {
  describe.each(SOURCES.map(({ key }) => key))('about %s', (key) => {
    const events = webhookFixtures(key).flatMap(({ expected }) => (expected.kind === 'events' ? expected.events : []));
    const named = namedIn(sectionOf(key));

    it('names every event that the fixtures lead to', () => {
      // An event of the shop's own is named by the shop.
      const names = new Set(events.map(({ name }) => name).filter((name) => /^[a-z_]+$/.test(name)));
      expect([...names].filter((name) => !named.has(name))).toEqual([]);
    });

    it('names every property and attribute that is ours', () => {
      if (key === 'segment') return; // those are the sender's
      const ours = new Set(events.flatMap(({ properties }) => Object.keys(properties)));
      const senders = /^utm_|^(cart_token|offer|redirect|discount|variant|sku|code)$/;
      expect([...ours].filter((name) => !senders.test(name) && !named.has(name))).toEqual([]);
    });
  });

  it('names every topic of Shopify', () => {
    const named = namedIn(sectionOf('shopify'));
    expect([...SHOPIFY_TOPICS.keys()].filter((topic) => !named.has(topic))).toEqual([]);
  });

  it('names no event in its tables of Customer.io and Shopify that no fixture shows', () => {
    for (const key of ['customerio', 'shopify']) {
      const rows = sectionOf(key)
        .split('\n')
        .filter((line) => line.startsWith('| `'));
      const column = rows.map((row) => row.split('|')[key === 'customerio' ? 1 : 2]!);
      const shown = new Set(
        webhookFixtures(key)
          .flatMap(({ expected }) => (expected.kind === 'events' ? expected.events : []))
          .map(({ name }) => name),
      );
      expect(rows.length).toBeGreaterThan(5);
      expect([...namedIn(column.join())].filter((name) => !shown.has(name))).toEqual([]);
    }
  });

  it('names every call and every e-commerce event of Segment, with what it becomes', () => {
    const section = sectionOf('segment');
    const named = namedIn(section);
    for (const call of CALL_TYPES) expect([...named].join(' ')).toContain(`/v1/${call}`);
    for (const name of COMMERCE_EVENTS) {
      const row = section.split('\n').find((line) => line.startsWith('|') && line.split('|')[1]!.includes(name));
      expect({ name, row }).toMatchObject({ row: expect.stringContaining(`\`${commerceName(name)}\``) });
    }
  });
});
