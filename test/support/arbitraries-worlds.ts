import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { HistoryEvent } from '../../src/core/history-event.js';
import { DAY, HOUR, T0 } from './builders.js';

/** Instants, spans and zones that belong together, few of them, so that windows end where events happen. */
export interface Tempo {
  marks: readonly number[];
  spans: readonly string[];
  zones: readonly string[];
  /** Dates in all the ways to write them, right and wrong. */
  dates: readonly unknown[];
  /** The same, of people's anniversaries. */
  birthdays: readonly string[];
}

export const NAMES = [
  'click',
  'click_web',
  'page',
  'purchase',
  'order_cancelled',
  'order_refunded',
  'identify',
] as const;
export const PREFIXES = ['click', 'p', 'order_', 'pur'] as const;

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Pacific/Apia',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
] as const;

/** Local dates about which something happens: clocks, months, weeks, quarters and years change, or a day is missing. */
const PLACES: readonly (readonly [zone: (typeof ZONES)[number], dates: readonly string[]])[] = [
  ['Europe/Berlin', ['2026-03-29', '2026-03-30', '2026-04-01', '2026-02-28']],
  ['Europe/Berlin', ['2025-10-26', '2025-10-27', '2025-11-01', '2026-01-01']],
  ['America/New_York', ['2026-03-08', '2026-03-09', '2026-04-01', '2026-03-01']],
  ['America/New_York', ['2026-11-01', '2026-11-02', '2026-10-01']],
  ['America/Havana', ['2026-03-08', '2026-03-09', '2026-03-01']],
  ['America/Havana', ['2025-11-02', '2025-11-03', '2025-11-01']],
  ['America/Sao_Paulo', ['2018-11-04', '2018-11-05', '2018-11-01']],
  ['America/Sao_Paulo', ['2018-02-18', '2018-02-19', '2018-03-01']],
  ['America/St_Johns', ['2010-11-07', '2010-11-08', '2010-11-01']],
  ['Pacific/Apia', ['2011-12-29', '2011-12-30', '2011-12-31', '2012-01-01']],
  ['Australia/Lord_Howe', ['2026-04-05', '2026-04-06', '2026-04-01']],
  ['Asia/Kolkata', ['2024-02-29', '2024-03-01', '2024-04-01']],
];

function midnight(zone: string, date: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds;
}

function written(at: number): unknown[] {
  const iso = new Date(at).toISOString();
  const local = new Date(at + 2 * HOUR).toISOString().replace('Z', '');
  return [
    iso,
    iso.slice(0, 10),
    `${local}+02:00`,
    `${local.slice(0, 19)}-05:30`,
    `${iso.slice(0, 16)}Z`,
    iso.replace('Z', '4567Z'),
    at,
    at / 1_000,
    Math.floor(at / 1_000) + 0.5,
  ];
}

const ODD_DATES = ['2026-02-30', '2026-03-01T24:00:00Z', '2026-03-01T00:00:00', '01.03.2026', null, 1e21];

/** Seconds, and half seconds. */
export const DENSE: Tempo = {
  marks: Array.from({ length: 15 }, (_, half) => T0 + (half - 4) * 500),
  spans: ['1s', '2s', '3s', '5s'],
  zones: ZONES,
  dates: [T0, T0 + 2_000, T0 + 3_500].flatMap(written).concat(ODD_DATES),
  birthdays: ['2020-03-01', '2024-02-29', '2025-02-28T23:59:58Z', '2026-03-01', '1990-02-28', '2027-03-01'],
};

function tempoOf(zone: string, dates: readonly string[]): Tempo {
  const midnights = dates.map((date) => midnight(zone, date));
  const first = Math.min(...midnights);
  return {
    marks: [
      ...midnights,
      ...midnights.map((at) => at + HOUR),
      first - DAY,
      first + DAY,
      first - 7 * DAY,
      first + 20 * DAY,
    ],
    spans: ['1d', '24h', '25h', '2d', '7d', '2w', '30d', '40d'],
    zones: [zone, zone, zone, 'UTC'],
    dates: midnights.flatMap(written).concat(ODD_DATES),
    birthdays: [...dates.map((date) => `1996${date.slice(4)}`), '1960-02-29', dates[0]!, `${dates[1]!}T03:00:00Z`],
  };
}

/** Days and months of a place, about the dates at which its clocks do something. */
export const CALENDARS: readonly Tempo[] = PLACES.map(([zone, dates]) => tempoOf(zone, dates));

/** An instant that matters, or its neighbour. */
export function anyInstant({ marks }: Tempo): fc.Arbitrary<number> {
  return fc.tuple(fc.constantFrom(...marks), fc.constantFrom(0, 0, -1, 1)).map(([mark, off]) => mark + off);
}

export const TEXTS = ['a', 'b', 'ab', ''] as const;
export const SCALARS = [...TEXTS, null, 7, '7', true, false] as const;
export const NUMBERS = [
  0,
  1,
  1,
  2,
  '2.50',
  2.5,
  5,
  '5.00',
  -2.5,
  '-2.50',
  0.1,
  '0.30',
  1e21,
  1e-7,
  '0.0000001',
] as const;
const NO_NUMBERS = ['1e3', '', ' 5', null, true] as const;

/** Seldom missing. */
function maybe<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(one, { nil: undefined, freq: 3 });
}

const anyList = fc.array(fc.constantFrom<unknown>(...SCALARS), { maxLength: 3 });
const anyText = fc.constantFrom<unknown>('a', 'a', 'a', 'a', ...TEXTS, ...SCALARS);
const anyNumber = fc.oneof(
  { arbitrary: fc.constantFrom<unknown>(...NUMBERS), weight: 9 },
  { arbitrary: fc.constantFrom<unknown>(...NO_NUMBERS), weight: 1 },
);

type Properties = Record<string, unknown>;

/** Properties without those that are missing; lists and objects are an event's own. */
function present(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

function anyProperties(tempo: Tempo): fc.Arbitrary<Properties> {
  return fc.record({
    x: maybe(anyText),
    y: fc.constantFrom<unknown>('a', 'a', 'a', 'b', 7, undefined),
    n: maybe(anyNumber),
    on: maybe(fc.constantFrom<unknown>(...tempo.dates)),
    list: maybe(anyList),
    o: maybe(fc.oneof(fc.record({ k: anyText, list: anyList }), anyText)),
    'o.k': fc.constantFrom<unknown>('a', 7, undefined, undefined, undefined),
    actor_class: fc.constantFrom('human', 'human', 'suspect', 'machine', undefined),
    currency: fc.oneof(
      { arbitrary: fc.constant<unknown>('EUR'), weight: 5 },
      { arbitrary: fc.constantFrom<unknown>('USD', 'USD', 'GBP', undefined, null), weight: 1 },
    ),
  });
}

const anyOrder = fc.record({
  order_id: fc.constantFrom<unknown>('1', 1, '2', '2', undefined),
  revenue: fc.constantFrom<unknown>('10.00', 10, '5', '5', 'x', undefined),
  amount: fc.constantFrom<unknown>('10', 5, '5.00', '2.5', -5, 'x', undefined),
});

function anyIdentity(tempo: Tempo): fc.Arbitrary<Properties> {
  return fc.record({ born: maybe(fc.constantFrom<unknown>(...tempo.birthdays, ...tempo.dates)) });
}

/** A rule is mostly about these. */
const USUAL_NAMES: readonly string[] = ['click', 'click', 'click', 'purchase', 'purchase', 'identify'];

function anyEvent(tempo: Tempo): fc.Arbitrary<HistoryEvent> {
  return fc
    .record({
      number: fc.nat({ max: 40 }),
      name: fc.constantFrom(...NAMES, ...USUAL_NAMES, ...USUAL_NAMES, ...USUAL_NAMES),
      occurredAt: anyInstant(tempo),
      properties: anyProperties(tempo),
      order: anyOrder,
      identity: anyIdentity(tempo),
    })
    .map(({ number, name, occurredAt, properties, order, identity }) => ({
      id: `e${number}`,
      name,
      occurredAt,
      properties: present({
        ...properties,
        ...(name.startsWith('order') || name === 'purchase' ? order : {}),
        ...(name === 'identify' ? identity : {}),
      }),
    }));
}

/** An order and what went back of it, in any order of time. */
function anyOrderStory(tempo: Tempo): fc.Arbitrary<HistoryEvent[]> {
  const refund = fc.record({ at: anyInstant(tempo), amount: fc.constantFrom<unknown>('2.5', 5, '5.00', '10', -5) });
  return fc
    .tuple(
      anyInstant(tempo),
      fc.constantFrom<unknown>('10.00', 10, '15'),
      fc.array(refund, { minLength: 1, maxLength: 3 }),
    )
    .map(([at, revenue, refunds]) => [
      { id: 'order', name: 'purchase', occurredAt: at, properties: { order_id: '3', revenue } },
      ...refunds.map((one, index) => ({
        id: `refund${index}`,
        name: 'order_refunded',
        occurredAt: one.at,
        properties: { order_id: '3', amount: one.amount },
      })),
    ]);
}

/** Events in any order, some of them given twice, now and then with something else in them. */
export function anyHistory(tempo: Tempo): fc.Arbitrary<HistoryEvent[]> {
  const atLeast = (minLength: number): fc.Arbitrary<HistoryEvent[]> =>
    fc.array(anyEvent(tempo), { minLength, maxLength: 12, size: 'max' });
  return fc
    .tuple(
      fc.oneof({ withCrossShrink: true }, { arbitrary: atLeast(0), weight: 1 }, { arbitrary: atLeast(5), weight: 3 }),
      fc.array(fc.nat({ max: 11 }), { maxLength: 2 }),
      fc.oneof({ arbitrary: fc.constant([]), weight: 3 }, { arbitrary: anyOrderStory(tempo), weight: 1 }),
    )
    .map(([events, again, order]) => [...events, ...again.flatMap((index) => events[index] ?? []), ...order]);
}

/** Since when the data of each name are complete. */
export function anyStarts(tempo: Tempo): fc.Arbitrary<Record<string, number>> {
  const anyStart = fc.oneof(
    { arbitrary: fc.constant(-Infinity), weight: 8 },
    { arbitrary: anyInstant(tempo), weight: 3 },
    { arbitrary: fc.constant(Infinity), weight: 1 },
  );
  return fc.oneof(fc.constant({}), fc.record(Object.fromEntries(NAMES.map((name) => [name, anyStart]))));
}
