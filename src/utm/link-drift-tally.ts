import { toIso, type Instant } from '../core/instant.js';
import { parameterName } from '../ctas/normalise-href.js';
import { shown } from './judge-value.js';
import { queryPairs } from './query-pairs.js';
import type { SentLink } from './sent-links.js';

/** What became of a value on the way: another one, none, the same in other letters, or one that nobody gave it. */
export type LinkDriftKind = 'overwritten' | 'lost' | 'case' | 'appended';

/** Where it was seen: in the address that was clicked, as the sending tool tells it, or in the shop, where the visit began. */
export type SeenIn = 'click' | 'visit';

export interface LinkDriftFinding {
  kind: LinkDriftKind;
  seenIn: SeenIn;
  link: string;
  cta: string;
  template: string | null;
  channel: string | null;
  message: string | null;
  /** Without its query. */
  page: string;
  key: string;
  sent: string | null;
  came: string | null;
  clicks: number;
  firstAt: string;
  lastAt: string;
  detail: string;
  suggestion: string;
}

/** A click on a link of ours, and the UTM values that it came with. */
export interface Comparison {
  link: SentLink;
  came: ReadonlyMap<string, string>;
  seenIn: SeenIn;
  at: Instant;
  /** Keys that the sending tool appends on purpose. */
  appended: ReadonlySet<string>;
}

type Difference = Pick<LinkDriftFinding, 'kind' | 'key' | 'sent' | 'came'>;

interface Group extends Difference {
  link: SentLink;
  seenIn: SeenIn;
  clicks: number;
  first: Instant;
  last: Instant;
}

const MOST_FINDINGS = 5_000;

/** Counts in which ways clicks on links of ours came with other UTM values than the links were made with. */
export class LinkDriftTally {
  compared = 0;
  differing = 0;
  /** Findings that are no longer told apart, as there are too many. */
  untold = 0;
  private readonly groups = new Map<string, Group>();

  add(comparison: Comparison): void {
    const differences = differencesOf(comparison);
    this.compared += 1;
    if (differences.length > 0) this.differing += 1;
    for (const difference of differences) this.count(difference, comparison);
  }

  /** The most frequent first. */
  findings(): LinkDriftFinding[] {
    return [...this.groups.values()]
      .sort((a, b) => b.clicks - a.clicks || a.first - b.first || (a.key < b.key ? -1 : 1))
      .map(({ link: { landingUrl, id, ...link }, first, last, ...group }) => ({
        ...{ kind: group.kind, seenIn: group.seenIn, link: id, ...link, page: landingUrl.split(/[?#]/, 1)[0]! },
        ...{ key: group.key, sent: group.sent, came: group.came, clicks: group.clicks },
        ...{ firstAt: toIso(first), lastAt: toIso(last), ...adviceOn(group) },
      }));
  }

  private count(difference: Difference, { link, seenIn, at }: Comparison): void {
    const place = JSON.stringify([seenIn, link.id, difference.key, difference.came]);
    const known = this.groups.get(place);
    if (!known && this.groups.size >= MOST_FINDINGS) {
      this.untold += 1;
      return;
    }
    const group = known ?? { ...difference, link, seenIn, clicks: 0, first: at, last: at };
    this.groups.set(place, group);
    group.clicks += 1;
    group.first = Math.min(group.first, at);
    group.last = Math.max(group.last, at);
  }
}

/** The UTM values in a link's query, by the one spelling of each key; the first of each. */
export function utmValuesIn(url: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, value } of queryPairs(url, url)) {
    const key = parameterName(name.trim());
    if (key.startsWith('utm_') && !found.has(key)) found.set(key, value);
  }
  return found;
}

/** An address that was clicked need not have what the redirector adds; a visit must. */
function differencesOf({ link, came, seenIn, appended }: Comparison): Difference[] {
  const sent = utmValuesIn(link.landingUrl);
  const lost = [...sent].filter(([key]) => seenIn === 'visit' && !came.has(key));
  const others = [...came].filter(([key, value]) => sent.get(key) !== value);
  return [
    ...lost.map(([key, value]): Difference => ({ kind: 'lost', key, sent: shown(value), came: null })),
    ...others.flatMap(([key, value]): Difference[] => {
      const was = sent.get(key);
      if (was === undefined) {
        return appended.has(key) ? [] : [{ kind: 'appended', key, sent: null, came: shown(value) }];
      }
      const kind = was.toLowerCase() === value.toLowerCase() ? 'case' : 'overwritten';
      return [{ kind, key, sent: shown(was), came: shown(value) }];
    }),
  ];
}

const UNTRACKED =
  'give the link class="untracked", or switch off the UTM parameters that the sending tool appends; what it appends on ' +
  'purpose is declared as "appended" in the schema';

function adviceOn({
  kind,
  seenIn,
  key,
  sent,
  came,
}: Difference & { seenIn: SeenIn }): Pick<LinkDriftFinding, 'detail' | 'suggestion'> {
  if (seenIn === 'click') {
    const made = sent === null ? 'without it' : `with "${sent}"`;
    const detail = `the sending tool writes ${key}=${came} into the address; visitors land ${made}, as the link was made`;
    return { detail, suggestion: UNTRACKED };
  }
  const visit = came === null ? `came without ${key}` : `came with ${key}=${came}`;
  const detail = `visits ${visit}; the link was made ${sent === null ? 'without it' : `with "${sent}"`}`;
  return { detail, suggestion: FOR_VISITS[kind] };
}

const FOR_VISITS: Readonly<Record<LinkDriftKind, string>> = {
  lost: 'something between the link and the page drops it: npx turnout qa follows the link and says which hop',
  overwritten:
    'a redirect, a script of the shop or another tool writes it anew: npx turnout qa says whether a hop does',
  case: 'something on the way writes it in other letters: send it as it arrives, or mend that; Google tells the two apart',
  appended:
    'find the redirect or tool that adds it, or declare it as "appended" in the schema if it is meant to be there',
};
