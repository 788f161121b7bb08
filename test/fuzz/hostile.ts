import type { Random } from './random.js';

/** Texts that break careless readers: hostile unicode, dates that are none, links, addresses, very long ones. */
const TEXTS: readonly ((random: Random) => string)[] = [
  () => '',
  () => '\0',
  () => 'a\0b',
  () => '\ud800',
  () => 'x\udc00y\ud83d',
  () => '\u202e\u200b\ufeff\u2028',
  () => 'e\u0301'.repeat(300),
  () => '😀'.repeat(400),
  () => '__proto__',
  () => 'constructor',
  () => "'; DROP TABLE events; --",
  () => '${jndi:ldap://x}',
  () => '2026-02-30T00:00:00Z',
  () => '+275760-09-13T00:00:00.001Z',
  () => '0000-01-01T00:00:00Z',
  () => '9'.repeat(400),
  () => `0.${'0'.repeat(400)}1`,
  () => '-1e309',
  () => 'Infinity',
  () => 'ann@example.com, bo@example.com',
  () => `${'a'.repeat(400)}@example.com`,
  () => 'javascript:alert(1)',
  () => 'https://[::1:80:/?a=%zz&b=%ff&__proto__=1#',
  () => `https://shop.example/?${'a=1&'.repeat(2_000)}`,
  () => '{"topics":{"__proto__":true,"a":[[]]}}',
  () => '['.repeat(1_000),
  (random) => 'x'.repeat(random.below(random.isIn(10) ? 100_000 : 1_000)),
  (random) => String.fromCharCode(...Array.from({ length: 20 }, () => random.below(65_536))),
];

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.1,
  1e21,
  1e-7,
  5e-324,
  1.7976931348623157e308,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 63),
  253_402_300_800,
];

/** A value that no sender should send. */
export function hostileValue(random: Random, levels = 3): unknown {
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return random.pick(TEXTS)(random);
    case 3:
      return random.pick(NUMBERS);
    case 4:
      return random.pick([true, false, null]);
    case 5:
      return levels === 0 ? [] : Array.from({ length: random.below(6) }, () => hostileValue(random, levels - 1));
    case 6:
      return levels === 0 ? {} : hostileObject(random, levels - 1);
    default:
      return random.isIn(5) ? Array(random.below(20_000)).fill(0) : random.below(2_000_000_000);
  }
}

/** A hostile value of the same type, which gets further than one of another. */
export function hostileLike(value: unknown, random: Random): unknown {
  if (typeof value === 'string') return hostileText(random);
  return typeof value === 'number' ? random.pick(NUMBERS) : hostileValue(random);
}

export function hostileText(random: Random): string {
  return random.pick(TEXTS)(random);
}

export function hostileObject(random: Random, levels = 3): Record<string, unknown> {
  const entries = Array.from({ length: random.below(6) }, (): [string, unknown] => [
    random.pick(TEXTS)(random).slice(0, 200),
    hostileValue(random, levels),
  ]);
  return Object.fromEntries(entries);
}

/** JSON that is nested so deeply that whoever walks through it without care falls. */
export function deepJson(random: Random): string {
  const levels = random.isIn(3) ? 200_000 : random.pick([50, 64, 65, 500, 5_000]);
  const [open, close] = random.pick([['[', ']'] as const, ['{"a":', '}'] as const, ['[{"type":', '}]'] as const]);
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
}
