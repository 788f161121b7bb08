import { toIso, type Instant } from '../core/instant.js';
import { lintUrl, type UrlLint } from './lint-url.js';
import { shown, type FindingKind } from './judge-value.js';
import { queryPairs } from './query-pairs.js';
import type { UtmSchemaVersion } from './utm-schema-version.entity.js';
import { shapeOfValue } from './value-shape.js';

/** What a click says of its link. */
export interface LinkClick {
  href: string | null;
  channel: string | null;
  /** As `campaign_id:7`. */
  message: string | null;
  /** It is of a message that Customer.io delivered. */
  isDelivered: boolean;
  at: Instant;
}

/** `foreign-tool`: the value is another tool's name, on a link of a message that Customer.io delivered. */
export type DriftKind = FindingKind | 'foreign-tool' | 'format-changed';

export interface DriftFinding {
  kind: DriftKind;
  severity: 'error' | 'warning';
  key: string | null;
  value: string | null;
  detail: string;
  expected: string;
  suggestion: string | null;
  clicks: number;
  firstAt: string;
  lastAt: string;
  channels: string[];
  /** The messages with the first such clicks. Of their links nothing is shown but the place and the UTM parameters. */
  examples: { message: string | null; link: string }[];
}

export interface Shape {
  shape: string;
  example: string;
  before: number;
  after: number;
  /** Of the clicks with a value, from 0 to 1. */
  shareBefore: number;
  shareAfter: number;
  /** The first click with it in the span reported on; null where it has none there. */
  firstAt: string | null;
}

const MOST_EXAMPLES = 3;
const MOST_FINDINGS = 5_000;
const MOST_SHAPES = 500;
const MOST_REMEMBERED = 20_000;

/** Tools that write their own name into links that pass through them. */
const TOOLS = new Set(
  (
    'activecampaign attentive bitly braze brevo campaignmonitor convertkit customerio customer.io drip emarsys getresponse ' +
    'hs_email hs_automation hubspot iterable klaviyo mailchimp mailerlite mailgun mandrill marketo moengage omnisend onesignal ' +
    'postscript privy sailthru salesforce sendgrid sendinblue shopify_email shopify yotpo zapier'
  ).split(' '),
);

interface Group extends Omit<DriftFinding, 'firstAt' | 'lastAt' | 'channels'> {
  first: Instant;
  last: Instant;
  channels: Set<string>;
}

interface ShapeCount {
  example: string;
  before: number;
  after: number;
  first: Instant | null;
}

/** Counts what is wrong with the links of clicks; holds findings and forms, never clicks. */
export class DriftTally {
  clicks = 0;
  withoutLink = 0;
  /** Links that the schema says nothing of, and clicks from before there was one. */
  notJudged = 0;
  wrong = 0;
  /** Findings that are no longer told apart, as there are too many. */
  untold = 0;
  private readonly groups = new Map<string, Group>();
  private readonly shapes = new Map<string, ShapeCount>();
  private readonly lints = new Map<string, UrlLint>();

  /** `version` is the schema that held when the click happened. */
  add(click: LinkClick, version: UtmSchemaVersion | undefined): void {
    this.clicks += 1;
    if (click.href === null) this.withoutLink += 1;
    else if (!version) this.notJudged += 1;
    else this.judge(click.href, click, version);
  }

  /** Of the time before the span reported on, only the forms of campaigns are counted. */
  addBefore({ href, at }: LinkClick, version: UtmSchemaVersion | undefined): void {
    if (href !== null && version) this.countShape(href, version, at, 'before');
  }

  private judge(href: string, click: LinkClick, version: UtmSchemaVersion): void {
    const lint = this.lint(href, click.channel, version);
    if (!lint.isJudged) {
      this.notJudged += 1;
      return;
    }
    this.countShape(href, version, click.at, 'after');
    if (lint.findings.some(({ severity }) => severity === 'error')) this.wrong += 1;
    for (const { offset: _offset, ...finding } of lint.findings) {
      const isForeign = click.isDelivered && finding.kind === 'unknown-value' && isTool(finding);
      this.count(isForeign ? foreign(finding) : finding, click, href);
    }
  }

  private lint(href: string, channel: string | null, { version, schema }: UtmSchemaVersion): UrlLint {
    const key = `${version} ${channel} ${href}`;
    const known = this.lints.get(key);
    if (known) return known;
    if (this.lints.size >= MOST_REMEMBERED) this.lints.clear();
    const lint = lintUrl(schema, href, channel !== null && schema.channels?.[channel] ? channel : null);
    this.lints.set(key, lint);
    return lint;
  }

  private count(
    finding: Omit<DriftFinding, 'clicks' | 'firstAt' | 'lastAt' | 'channels' | 'examples'>,
    { at, channel, message }: LinkClick,
    href: string,
  ): void {
    const value = finding.value === null ? null : shown(finding.value);
    const place = JSON.stringify([finding.kind, finding.key, value]);
    const known = this.groups.get(place);
    if (!known && this.groups.size >= MOST_FINDINGS) {
      this.untold += 1;
      return;
    }
    const group = known ?? { ...finding, value, clicks: 0, first: at, last: at, channels: new Set(), examples: [] };
    this.groups.set(place, group);
    group.clicks += 1;
    group.first = Math.min(group.first, at);
    group.last = Math.max(group.last, at);
    if (channel !== null) group.channels.add(channel);
    const isNew = group.examples.length < MOST_EXAMPLES && !group.examples.some((one) => one.message === message);
    if (isNew) group.examples.push({ message, link: linkShown(href) });
  }

  private countShape(href: string, { schema }: UtmSchemaVersion, at: Instant, when: 'before' | 'after'): void {
    const value = queryPairs(href, href).find(({ name }) => name.toLowerCase() === 'utm_campaign')?.value;
    if (!value) return;
    const separator = schema.keys['utm_campaign']?.separator ?? schema.separator ?? '_';
    const found = shapeOfValue(value, separator);
    const shape = this.shapes.has(found) || this.shapes.size < MOST_SHAPES ? found : '…';
    const counted = this.shapes.get(shape) ?? { example: shown(value), before: 0, after: 0, first: null };
    this.shapes.set(shape, counted);
    counted[when] += 1;
    if (when === 'after') counted.first = Math.min(counted.first ?? at, at);
  }

  /** The most frequent first. */
  findings(): DriftFinding[] {
    const told = [...this.groups.values()].map(({ first, last, channels, ...rest }) => ({
      ...rest,
      firstAt: toIso(first),
      lastAt: toIso(last),
      channels: [...channels].sort(),
    }));
    return told.sort((a, b) => b.clicks - a.clicks || (a.firstAt < b.firstAt ? -1 : 1));
  }

  campaignShapes(): Shape[] {
    const all = [...this.shapes];
    const total = (when: 'before' | 'after') => all.reduce((sum, [, count]) => sum + count[when], 0) || 1;
    const [before, after] = [total('before'), total('after')];
    const told = all.map(([shape, { first, ...count }]) => ({
      shape,
      ...count,
      shareBefore: share(count.before, before),
      shareAfter: share(count.after, after),
      firstAt: first === null ? null : toIso(first),
    }));
    return told.sort((a, b) => b.after - a.after || b.before - a.before);
  }
}

function share(part: number, of: number): number {
  return Math.round((part / of) * 10_000) / 10_000;
}

function isTool({ key, value }: { key: string | null; value: string | null }): boolean {
  return (key === 'utm_source' || key === 'utm_medium') && TOOLS.has((value ?? '').toLowerCase());
}

function foreign<Finding extends { key: string | null; value: string | null }>(finding: Finding) {
  const detail = `${finding.key} is "${finding.value}" on links of messages that Customer.io delivered: another tool writes it`;
  return { ...finding, kind: 'foreign-tool' as const, detail };
}

/** A link without what may name somebody: its place, and its UTM parameters. */
function linkShown(href: string): string {
  const utm = queryPairs(href, href).filter(({ name }) => /^(amp;)?utm[_-]/i.test(name.trim()));
  const place = URL.canParse(href) ? new URL(href).origin + new URL(href).pathname : '';
  const query = utm.map(({ start, end }) => href.slice(start, end)).join('&');
  const link = query === '' ? place : `${place}?${query}`;
  return link.length > 300 ? `${link.slice(0, 299)}…` : link;
}
