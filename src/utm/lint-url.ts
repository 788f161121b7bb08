import { parameterName } from '../ctas/normalise-href.js';
import { globMatches } from '../ctas/glob.js';
import { maskLiquid, type LiquidChunk } from '../templates/liquid.js';
import { judgeValue, onlyValue, expectedOf, type FindingKind } from './judge-value.js';
import { mendedUrl } from './mend-url.js';
import { queryPairs } from './query-pairs.js';
import type { UtmFinding, UtmPair } from './utm-finding.js';
import { channelOfMedium, rulesOf, STANDARD_KEYS, type KeyRule, type Rules, type UtmSchema } from './utm-schema.js';

export interface UrlLint {
  url: string;
  /** Whose rules hold: the one asked for, else the only one that takes this medium. */
  channel: string | null;
  /** False for links that the schema says nothing of: other schemes and other hosts. */
  isJudged: boolean;
  findings: UtmFinding[];
  /** Keys whose values are known only when a message is sent (Liquid). */
  dynamic: string[];
  /** The link with every suggestion followed; null where there is nothing to mend, or no way known to. */
  mended: string | null;
}

/** What is wrong with the UTM parameters of a link. */
export function lintUrl(schema: UtmSchema, url: string, channel: string | null = null): UrlLint {
  const { masked, chunks } = maskLiquid(url);
  const host = hostOf(masked);
  if (host === undefined) return unjudged(url, channel, [notAUrl(url)]);
  if (host === null || !isNamedHost(schema, host)) return unjudged(url, channel, []);
  const pairs = utmPairs(url, masked, chunks);
  const medium = pairs.find(({ key, isDynamic }) => key === 'utm_medium' && !isDynamic)?.value;
  const of = channel ?? channelOfMedium(schema, medium);
  const rules = rulesOf(schema, of);
  const own = pairs.filter(({ key }) => !schema.appended?.includes(key));
  const findings = [...pairFindings(rules, own), ...missingKeys(rules, pairs), ...inFragment(url)];
  const dynamic = [...new Set(pairs.filter(({ isDynamic }) => isDynamic).map(({ key }) => key))];
  return {
    url,
    channel: of,
    isJudged: true,
    findings,
    dynamic,
    mended: mendedUrl(url, masked, pairs, findings, rules),
  };
}

function unjudged(url: string, channel: string | null, findings: UtmFinding[]): UrlLint {
  return { url, channel, isJudged: false, findings, dynamic: [], mended: null };
}

/** Undefined for what is no URL, null for one of another scheme. */
function hostOf(url: string): string | null | undefined {
  try {
    const { protocol, hostname } = new URL(url.trim());
    return protocol === 'https:' || protocol === 'http:' ? hostname.toLowerCase() : null;
  } catch {
    return undefined;
  }
}

export function isNamedHost({ hosts }: UtmSchema, host: string): boolean {
  return hosts === undefined || hosts.some((glob) => globMatches(glob, host));
}

function utmPairs(url: string, masked: string, chunks: readonly LiquidChunk[]): UtmPair[] {
  return queryPairs(url, masked)
    .map((pair) => ({
      ...pair,
      key: parameterName(pair.name.trim()),
      isDynamic: chunks.some(({ start, end }) => start < pair.end && end > pair.start),
    }))
    .filter(({ key }) => /^utm_/.test(key));
}

function pairFindings(rules: Rules, pairs: readonly UtmPair[]): UtmFinding[] {
  const seen = new Map<string, UtmPair>();
  return pairs.flatMap((pair) => {
    const first = seen.get(pair.key);
    if (first) return [repeated(pair, first)];
    seen.set(pair.key, pair);
    return [...keyFindings(rules, pair), ...valueFindings(rules.get(pair.key), pair)];
  });
}

function repeated(pair: UtmPair, first: UtmPair): UtmFinding {
  const isSame = pair.value === first.value;
  const detail = `${pair.key} is there more than once${isSame ? '' : ', with different values'}`;
  return finding('repeated', pair, {
    detail,
    expected: 'it once: only one of them is counted',
    suggestion: first.value,
  });
}

function keyFindings(rules: Rules, pair: UtmPair): UtmFinding[] {
  if (rules.has(pair.key)) {
    if (pair.name === pair.key) return [];
    const detail = `the parameter is spelled "${pair.name}"`;
    return [finding('key-spelling', pair, { detail, expected: `"${pair.key}"`, suggestion: pair.key })];
  }
  const isStandard = STANDARD_KEYS.includes(pair.key);
  const detail = `${pair.key} is ${isStandard ? 'not declared in the schema' : 'no parameter that analytics knows'}`;
  return [
    finding('unknown-key', pair, { detail, expected: `one of ${[...rules.keys()].join(', ')}`, suggestion: null }),
  ];
}

function valueFindings(rule: KeyRule | undefined, pair: UtmPair): UtmFinding[] {
  if (!rule || pair.isDynamic) return [];
  return judgeValue(rule, pair.value).map(({ kind, ...rest }) => finding(kind, pair, rest));
}

function missingKeys(rules: Rules, pairs: readonly UtmPair[]): UtmFinding[] {
  const there = new Set(pairs.map(({ key }) => key));
  const missing = [...rules.values()].filter(({ key, isRequired }) => isRequired && !there.has(key));
  return missing.map((rule) => ({
    ...{ kind: 'missing', severity: 'error', key: rule.key, value: null, offset: null },
    detail: `${rule.key} is missing`,
    expected: expectedOf(rule),
    suggestion: onlyValue(rule),
  }));
}

function inFragment(url: string): UtmFinding[] {
  const hash = url.indexOf('#');
  const at = hash < 0 ? -1 : url.toLowerCase().indexOf('utm_', hash);
  if (at < 0) return [];
  const detail = 'UTM parameters stand behind "#", where no server and few analytics read them';
  return [
    {
      ...{ kind: 'in-fragment', severity: 'error', key: null, value: null, offset: at },
      ...{ detail, expected: 'them before "#", in the query', suggestion: null },
    },
  ];
}

function notAUrl(url: string): UtmFinding {
  const detail = url.trim() === '' ? 'the link is empty' : 'this is no URL';
  return {
    ...{ kind: 'not-a-url', severity: 'error', key: null, value: null, offset: 0 },
    ...{ detail, expected: 'a URL such as "https://shop.example/cart"', suggestion: null },
  };
}

function finding(
  kind: FindingKind,
  { key, value, start }: UtmPair,
  rest: Pick<UtmFinding, 'detail' | 'expected' | 'suggestion'>,
): UtmFinding {
  return { kind, severity: kind === 'unknown-key' ? 'warning' : 'error', key, value, offset: start, ...rest };
}
