import fc from 'fast-check';
import { T0 } from '../../test/support/builders.js';
import { naiveActor } from '../../test/support/naive-click-class.js';
import type { HistoryEvent } from '../core/history-event.js';
import { ClickClassifier } from './click-classifier.js';
import { DEFAULT_CLICK_CLASS_SETTINGS, LONGEST_SIGNAL } from './click-class-settings.js';
import { CtaCatalogue } from './cta-catalogue.js';
import { normaliseHref } from './normalise-href.js';

const CATALOGUE = new CtaCatalogue([
  { key: 'cart', kind: 'cart', patterns: [{ path: '/cart' }] },
  { key: 'trap', kind: 'honeypot', patterns: [{ path: '/trap' }] },
]);
const classifier = new ClickClassifier(CATALOGUE, DEFAULT_CLICK_CLASS_SETTINGS);

interface Told {
  delivery?: string;
  path?: string;
  more?: Record<string, unknown>;
}

/** A click `at` milliseconds after the delivery. */
function click(at: number, { delivery = 'd1', path = '/a', more = {} }: Told = {}): HistoryEvent {
  const properties = { delivery_id: delivery, channel: 'email', href: `https://shop.example${path}`, ...more };
  return { id: `click ${delivery} ${path} ${at}`, name: 'click', occurredAt: T0 + at, properties };
}

function delivered(at = 0, name = 'email_delivered', delivery = 'd1'): HistoryEvent {
  return { id: `${name} ${delivery} ${at}`, name, occurredAt: T0 + at, properties: { delivery_id: delivery } };
}

/** Of each click, in the order given, as `machine many_links_at_once`. */
function classes(events: readonly HistoryEvent[], by = classifier): string[] {
  const clicks = by.classify(events).filter(({ name }) => name === 'click');
  return clicks.map(({ properties: { actor_class, actor_reasons = [] } }) =>
    [actor_class, ...(actor_reasons as string[])].join(' '),
  );
}

const AFTER_A_MINUTE = 60_000;

describe('a click is', () => {
  it("a human's where nothing speaks against it", () => {
    expect(classes([delivered(), click(AFTER_A_MINUTE)])).toEqual(['human']);
    expect(classes([click(0)])).toEqual(['human']);
  });

  it("a machine's where the source says so, and not because it says the opposite", () => {
    const told = (actor_class: unknown) => click(AFTER_A_MINUTE, { more: { actor_class } });
    expect(classes([told('machine')])).toEqual(['machine flagged']);
    expect(classes([told('human')])).toEqual(['human']);
    expect(classes([told('suspect')])).toEqual(['human']);
  });

  it.each([
    ['head_request', 'machine'],
    ['prefetch', 'machine'],
    ['scanner_agent', 'machine'],
    ['shared_address', 'suspect'],
  ])('by what the redirector saw of it: %s', (signal, actor) => {
    expect(classes([click(AFTER_A_MINUTE, { more: { actor_signals: [signal] } })])).toEqual([`${actor} ${signal}`]);
  });

  it('of no signal that is unknown, or no list of signals', () => {
    for (const actor_signals of [['flagged', 'honeypot', 1, null], 'head_request', { prefetch: true }, null]) {
      expect(classes([click(AFTER_A_MINUTE, { more: { actor_signals } })])).toEqual(['human']);
    }
  });

  it('a machine by two weak signs, of which one is a shared address', () => {
    const soon = click(5_000, { more: { actor_signals: ['shared_address', 'shared_address'] } });
    expect(classes([delivered(), soon])).toEqual(['machine soon_after_delivery shared_address']);
  });

  it.each([
    [-LONGEST_SIGNAL, 'human'],
    [-LONGEST_SIGNAL + 1, 'machine at_delivery'],
    [-1, 'machine at_delivery'],
    [0, 'machine at_delivery'],
    [1_999, 'machine at_delivery'],
    [2_000, 'suspect soon_after_delivery'],
    [2_001, 'suspect soon_after_delivery'],
    [9_999, 'suspect soon_after_delivery'],
    [10_000, 'human'],
    [10_001, 'human'],
  ])('%i ms after the delivery: %s', (at, expected) => {
    expect(classes([delivered(), click(at)])).toEqual([expected]);
    expect(classes([delivered(0, 'email_sent'), click(at)])).toEqual([expected]);
  });

  it.each(['sms', 'whatsapp'])('suspect at most by its haste in a message by %s', (channel) => {
    const told = [delivered(0, `${channel}_delivered`), click(0, { more: { channel } })];
    expect(classes(told)).toEqual(['suspect soon_after_delivery']);
  });

  it.each(['push', 'in_app', undefined])('not judged by its haste on %s', (channel) => {
    expect(classes([delivered(), click(0, { more: { channel } })])).toEqual(['human']);
  });

  it('judged by its delivery and no other', () => {
    expect(classes([delivered(0, 'email_delivered', 'd2'), click(0)])).toEqual(['human']);
    expect(classes([delivered(), click(0, { more: { delivery_id: undefined } })])).toEqual(['human']);
  });

  it('judged by the last delivery before it, where it was tried several times', () => {
    const told = [delivered(0, 'email_sent'), delivered(AFTER_A_MINUTE)];
    expect(classes([...told, click(AFTER_A_MINUTE + 1_000)])).toEqual(['machine at_delivery']);
    expect(classes([...told, click(2 * AFTER_A_MINUTE)])).toEqual(['human']);
  });
});

describe('several links of a delivery', () => {
  const third = (at: number) => [
    click(AFTER_A_MINUTE, { path: '/a' }),
    click(AFTER_A_MINUTE + 5_000, { path: '/b' }),
    click(AFTER_A_MINUTE + at, { path: '/c' }),
  ];

  it.each([
    [9_999, 'machine many_links_at_once'],
    [10_000, 'human'],
    [10_001, 'human'],
  ])('three within %i ms: %s', (at, expected) => {
    expect(classes(third(at))).toEqual([expected, expected, expected]);
  });

  it.each([
    [1_999, 'suspect two_links_at_once'],
    [2_000, 'human'],
    [2_001, 'human'],
  ])('two within %i ms: %s', (at, expected) => {
    const [first] = third(0);
    expect(classes([first!, click(AFTER_A_MINUTE + at, { path: '/b' })])).toEqual([expected, expected]);
  });

  it('two at once soon after the delivery are two signs, and so a machine', () => {
    expect(classes([delivered(), click(3_000), click(3_000, { path: '/b' })])).toEqual([
      'machine soon_after_delivery two_links_at_once',
      'machine soon_after_delivery two_links_at_once',
    ]);
  });

  it('one link however often is one, in whatever spelling', () => {
    const told = ['/a', '/a/', '/a?gclid=1', '/a#x'].map((path) => click(AFTER_A_MINUTE, { path }));
    expect(classes(told)).toEqual(['human', 'human', 'human', 'human']);
  });

  it('links of several deliveries are not counted together', () => {
    const told = ['d1', 'd2', 'd3'].map((delivery, n) => click(AFTER_A_MINUTE, { delivery, path: `/${n}` }));
    expect(classes(told)).toEqual(['human', 'human', 'human']);
  });

  it('links without an address are told apart by their number', () => {
    const told = [1, 2, 3].map((link_id) => ({
      ...click(AFTER_A_MINUTE, { more: { href: undefined, link_id } }),
      id: `link ${link_id}`,
    }));
    expect(classes(told)).toEqual(Array(3).fill('machine many_links_at_once'));
  });

  it("a person's click after a scanner's counts", () => {
    const scanner = ['/a', '/b', '/c'].map((path) => click(3_000, { path }));
    expect(classes([delivered(), ...scanner, click(600_000)])).toEqual([
      ...(Array(3).fill('machine many_links_at_once soon_after_delivery') as string[]),
      'human',
    ]);
  });
});

describe('a link that no reader sees', () => {
  it("is a machine's click", () => {
    expect(classes([click(AFTER_A_MINUTE, { path: '/trap' })])).toEqual(['machine honeypot']);
  });

  it.each([
    [-60_000, 'human'],
    [-59_999, 'machine near_honeypot'],
    [59_999, 'machine near_honeypot'],
    [60_000, 'human'],
    [60_001, 'human'],
  ])('and so are clicks about then: %i ms away: %s', (gap, expected) => {
    const told = [click(2 * AFTER_A_MINUTE, { path: '/trap' }), click(2 * AFTER_A_MINUTE + gap)];
    expect(classes(told)[1]).toBe(expected);
  });
});

describe('the settings', () => {
  it('of 0 turn a signal off', () => {
    const none = new ClickClassifier(CATALOGUE, {
      machineAfterDelivery: 0,
      suspectAfterDelivery: 0,
      burstLinks: 3,
      burstWithin: 0,
      pairWithin: 0,
      honeypotWithin: 0,
    });
    const told = [delivered(), ...['/trap', '/b', '/c'].map((path) => click(0, { path })), click(-1)];
    expect(classes(told, none)).toEqual(['machine honeypot', 'human', 'human', 'human']);
  });
});

describe('what is said of a click', () => {
  it('names its CTA and the kind of that, whatever the sender claims', () => {
    const claims = { cta: 'x', cta_kind: 'x', actor_reasons: ['x'] };
    const [known, unknown] = classifier.classify([
      click(AFTER_A_MINUTE, { path: '/cart', more: claims }),
      click(AFTER_A_MINUTE, { more: claims, delivery: 'd2' }),
    ]);
    expect(known!.properties).toMatchObject({ cta: 'cart', cta_kind: 'cart', actor_class: 'human' });
    for (const name of Object.keys(claims)) expect(unknown!.properties).not.toHaveProperty(name);
  });

  it('leaves other events, and the order of all, as they are', () => {
    const told = [click(5), delivered(), click(1)];
    const seen = classifier.classify(told);
    expect(seen.map(({ id }) => id)).toEqual(told.map(({ id }) => id));
    expect(seen[1]).toBe(told[1]);
  });
});

/** Often in whole seconds, as most sources know them, and close together. */
const anInstant = fc.oneof(
  fc.nat({ max: 40_000 }),
  fc.nat({ max: 20 }).map((seconds) => seconds * 1_000),
);

const aTold = fc.oneof(
  fc
    .record({
      at: anInstant,
      delivery: fc.constantFrom('d1', 'd2'),
      path: fc.constantFrom('/a', '/b', '/c', '/trap'),
      flag: fc.constantFrom(undefined, 'machine', 'human'),
    })
    .map(({ at, delivery, path, flag }) => click(at, { delivery, path, more: flag ? { actor_class: flag } : {} })),
  fc.tuple(anInstant, fc.constantFrom('d1', 'd2')).map(([at, delivery]) => delivered(at, 'email_delivered', delivery)),
);
const aLife = fc.uniqueArray(aTold, { maxLength: 14, selector: ({ id }) => id });

const byId = (events: readonly HistoryEvent[]) =>
  new Map(classifier.classify(events).map((event) => [event.id, event]));

describe('a second writing of who clicked', () => {
  const links = {
    kindOf: (href: string) => CATALOGUE.ofClick({ href })?.kind,
    linkOf: (href: string) => normaliseHref(href)!.href,
  };

  it('comes to the same', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(aLife, (life) => {
        const classed = classifier.classify(life);
        classed.forEach(({ name, properties: { actor_class } }, index) => {
          if (name !== 'click') return;
          const expected = naiveActor(life[index]!, life, links);
          seen.set(expected, (seen.get(expected) ?? 0) + 1);
          expect([life, index, actor_class]).toEqual([life, index, expected]);
        });
      }),
      { numRuns: 2_000 },
    );
    for (const actor of ['human', 'suspect', 'machine']) expect(seen.get(actor)).toBeGreaterThan(50);
  });
});

describe('the order in which things become known', () => {
  it('makes no difference', () => {
    fc.assert(
      fc.property(
        aLife.chain((life) => fc.tuple(fc.constant(life), fc.shuffledSubarray(life, { minLength: life.length }))),
        ([life, shuffled]) => expect(byId(shuffled)).toEqual(new Map([...byId(life)])),
      ),
      { numRuns: 500 },
    );
  });

  it('and exactly the older clicks that are seen otherwise are told of when something new comes', () => {
    let changed = 0;
    fc.assert(
      fc.property(aLife, fc.nat({ max: 14 }), (life, known) => {
        const events = life.map((event, index) => ({ ...event, isNew: index >= known }));
        const [before, after] = [byId(events.filter(({ isNew }) => !isNew)), byId(events)];
        const expected = [...before.values()].filter(
          ({ id, properties }) => JSON.stringify(after.get(id)!.properties) !== JSON.stringify(properties),
        );
        const told = classifier.reclassified(events);
        changed += told.length;
        expect(told.map((one) => one.before)).toEqual(expected);
        expect(told.map((one) => one.after)).toEqual(expected.map(({ id }) => after.get(id)));
        for (const { before: click, evidenceId } of told) {
          const evidence = events.find(({ id }) => id === evidenceId)!;
          expect([evidence.isNew, evidence.properties.delivery_id]).toEqual([true, click.properties.delivery_id]);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(changed).toBeGreaterThan(30);
  });

  it('and what lies further away than the longest signal is not needed', () => {
    fc.assert(
      fc.property(aLife, (life) => {
        const far = { ...delivered(-LONGEST_SIGNAL), occurredAt: T0 - LONGEST_SIGNAL };
        const farClick = click(-LONGEST_SIGNAL, { path: '/trap' });
        const found = byId([...life, far, farClick]);
        expect([...byId(life).values()]).toEqual(life.map(({ id }) => found.get(id)));
      }),
    );
    const purchases = { name: 'purchase', lookback: 5 * LONGEST_SIGNAL };
    expect(classifier.needed([purchases])).toEqual([purchases]);
    const beginning = { name: { startsWith: 'c' }, lookback: LONGEST_SIGNAL };
    const lookback = 2 * LONGEST_SIGNAL;
    expect(classifier.needed([beginning])).toEqual(
      expect.arrayContaining([beginning, { name: 'click', lookback }, { name: 'sms_sent', lookback }]),
    );
    expect(classifier.needed([{ name: 'click', lookback: LONGEST_SIGNAL }, purchases])).toEqual(
      expect.arrayContaining([{ name: 'click', lookback }, { name: 'email_delivered', lookback }, purchases]),
    );
  });
});
