/**
 * Which CTA a click is of, in a catalogue of 10,000 patterns: of links that were seen lately and of links seen for the first
 * time. The ceiling is a plain lookup of the same links in a map that holds all answers, in the same run.
 *
 *   npm run bench -- ctas --patterns 10000 --links 5000 --seed 1
 */
import { parseArgs } from 'node:util';
import { CtaCatalogue } from '../src/ctas/cta-catalogue.js';
import type { CtaDefinition, CtaPattern } from '../src/ctas/cta-pattern.js';
import { randomNumbers } from '../test/support/random-numbers.js';
import { medianRate } from './measure.js';

const { values: options } = parseArgs({
  options: {
    patterns: { type: 'string', default: '10000' },
    links: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
  },
});
const [patterns, links] = [Number(options.patterns), Number(options.links)];
const chance = randomNumbers(Number(options.seed));
const below = (end: number): number => Math.floor(chance() * end);

/** Patterns of every kind, as a shop with many products and campaigns has them. */
function patternOf(n: number): CtaPattern {
  const kinds: CtaPattern[] = [
    { host: `shop${n % 20}.example`, path: `/product-${n}` },
    { host: `shop${n % 20}.example`, path: `/collection-${n}/*` },
    { host: 'shop.example', path: '/cart', query: { utm_content: `cart_${n}` } },
    { path: `/refill-${n}/*`, query: { utm_content: { startsWith: 'refill' } } },
    { message: { campaign_id: n }, link_id: n % 7 },
    { host: `*.brand-${n}.example` },
    { host: 'shop.example', path: `/page-${n}`, query: { variant: { exists: true } } },
  ];
  return kinds[n % kinds.length]!;
}

const catalogue: CtaDefinition[] = Array.from({ length: patterns }, (_, n) => ({
  key: `cta-${n}`,
  kind: null,
  patterns: [patternOf(n)],
}));

/** Two in three of a pattern, the rest of none; each with what mail services and advertisers add. */
function clickOf(round: string): Record<string, unknown> {
  const n = below(patterns);
  const added = `utm_source=mail&UTM_Campaign=${round}&gclid=${below(1e9)}`;
  const hrefs = [
    `https://Shop${n % 20}.example/product-${n}/?${added}`,
    `https://shop${n % 20}.example/collection-${n}/a?${added}`,
    `https://shop.example/cart?${added}&utm_content=cart_${n}`,
    `https://shop.example/refill-${n}/beans?utm_content=refill_now&${added}`,
    `https://shop.example/x?${added}`,
    `https://www.brand-${n}.example/?${added}`,
    `https://shop.example/page-${n}?variant=1&${added}`,
  ];
  const isKnown = chance() < 0.67;
  const href = isKnown ? hrefs[n % hrefs.length]! : `https://shop.example/unknown-${n}?${added}`;
  return { href, campaign_id: n, link_id: n % 7, delivery_id: `d${n}` };
}

const clicks = Array.from({ length: links }, () => clickOf('known'));
const compiled = new CtaCatalogue(catalogue);
/** Another, so that what is seen once does not push out what is seen often. */
const forFirstSight = new CtaCatalogue(catalogue);
const answers = new Map(clicks.map((click) => [click.href, compiled.ofClick(click)?.cta]));

let fresh = 0;
const found = (cta: string | undefined): number => cta?.length ?? 0;
const [ceiling, known, first] = medianRate(clicks, 1, [
  (click) => found(answers.get(click.href)),
  (click) => found(compiled.ofClick(click)?.cta),
  (click) => found(forFirstSight.ofClick({ ...click, href: `${click.href as string}&n=${fresh++}` })?.cta),
]);

const thousands = (rate: number): string => `${Math.round(rate / 1e3)} thousand`;
console.log(`${[...answers.values()].filter(Boolean).length} of ${links} links are of a CTA`);
console.log(`a plain lookup: ${thousands(ceiling!)} a second`);
console.log(`a link seen lately, among ${patterns} patterns: ${thousands(known!)} a second`);
console.log(`a link seen for the first time: ${thousands(first!)} a second`);
console.log(
  JSON.stringify({
    name: 'ctas',
    figure: Math.round(known!),
    unit: 'matches/s',
    ceiling: Math.round(ceiling!),
    ratio: Math.round((known! / ceiling!) * 1_000) / 1_000,
    patterns,
    firstSight: Math.round(first!),
  }),
);
