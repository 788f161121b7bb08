import { finding, type Finding } from './finding.js';
import { isKept, type QaSettings } from './qa-settings.js';

/** A link, and which call to action it is of. */
export interface GroupedLink {
  url: string;
  cta: string | null;
}

/** What must be alike in all links of one call to action, each as a word that is the same for the same form. */
const TRAITS: Readonly<Record<string, (url: URL, settings: QaSettings) => string>> = {
  scheme: (url) => url.protocol,
  host: (url) => url.host,
  'end of the path': (url) =>
    url.pathname.length > 1 && url.pathname.endsWith('/') ? 'with a slash' : 'without a slash',
  'place of the discount': (url) =>
    /\/discount\//i.test(url.pathname) ? 'in the path' : url.searchParams.has('discount') ? 'as a parameter' : 'none',
  parameters: (url, settings) =>
    [...new Set([...url.searchParams.keys()].filter((name) => isCompared(name, settings)))].sort().join(', ') || 'none',
};

/** Links of one call to action that are written in different forms, so that reports divide what is one thing. */
export function checkTogether(links: readonly GroupedLink[], settings: QaSettings): Finding[] {
  const byCta = new Map<string, URL[]>();
  for (const { url, cta } of links) {
    if (cta !== null && URL.canParse(url)) byCta.set(cta, [...(byCta.get(cta) ?? []), new URL(url)]);
  }
  return [...byCta].flatMap(([cta, urls]) => mixedTraits(cta, urls, settings));
}

function mixedTraits(cta: string, urls: readonly URL[], settings: QaSettings): Finding[] {
  const traits = Object.entries(TRAITS).map(
    ([trait, read]) => [trait, urls.map((url) => read(url, settings))] as const,
  );
  return [...traits, ...spellings(urls)].flatMap(([trait, values]) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size < 2) return [];
    const forms = [...counts].sort(([, a], [, b]) => b - a).map(([value, count]) => `${value} (${count})`);
    const says = `Links of "${cta}" differ in ${trait}: ${forms.join('; ')}.`;
    return [finding('mixed-formats', says, { about: `${cta}: ${trait}` })];
  });
}

/** How the values of each UTM parameter are divided, where they are, and values that differ in their capitals alone. */
function spellings(urls: readonly URL[]): (readonly [string, string[]])[] {
  const byName = new Map<string, string[]>();
  for (const [name, value] of urls.flatMap((url) => [...url.searchParams])) {
    if (/^utm_/i.test(name)) byName.set(name.toLowerCase(), [...(byName.get(name.toLowerCase()) ?? []), value]);
  }
  return [...byName].flatMap(([name, values]) => {
    const alike = values.filter((one) =>
      values.some((other) => other !== one && other.toLowerCase() === one.toLowerCase()),
    );
    return [
      [`how ${name} is divided`, values.map(dividersOf).filter((one) => one !== '')] as const,
      [`the capitals of ${name}`, alike] as const,
    ];
  });
}

function dividersOf(value: string): string {
  return [' ', '_', '-', '.'].filter((one) => value.includes(one)).map((one) => `"${one}"`).join(' and '); // prettier-ignore
}

/** Campaign and discount parameters; which cart or variant it is may differ from link to link. */
function isCompared(name: string, settings: QaSettings): boolean {
  return (
    isKept(name, settings) &&
    !/^(cart|checkout|attributes|properties|selling_plan|variant|gclid|fbclid|ref)/i.test(name)
  );
}
