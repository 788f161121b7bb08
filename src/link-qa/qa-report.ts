import { gravest, type Finding, type Severity } from './finding.js';
import type { CheckedLink } from './link-checker.js';

/** Where a link stands. */
export interface Place {
  /** The file, "clicks" for one that people clicked, or "link" for a tracked one. */
  source: string;
  line?: number;
  text?: string;
}

/** A link that is asked about, once however often it stands there. */
export interface QaLink {
  url: string;
  /** The call to action that it is of, or the tag that groups it with others. */
  cta: string | null;
  places: readonly Place[];
}

export interface LinkReport extends QaLink, CheckedLink {
  outcome: Severity | 'good';
}

/** What came of a look at links. */
export interface QaReport {
  name: string;
  finishedAt: string | null;
  totals: { links: number; walked: number } & Record<Severity, number>;
  /** Of several links together. */
  together: readonly Finding[];
  links: readonly LinkReport[];
}

export function reportOf(link: QaLink, checked: CheckedLink): LinkReport {
  return { ...link, ...checked, outcome: gravest(checked.findings) };
}

export function putTogether(
  { name, finishedAt }: Pick<QaReport, 'name' | 'finishedAt'>,
  links: readonly LinkReport[],
  together: readonly Finding[],
): QaReport {
  const all = [...together, ...links.flatMap((link) => link.findings)];
  const count = (severity: Severity): number => all.filter((one) => one.severity === severity).length;
  const totals = {
    ...{ links: links.length, walked: links.filter((link) => link.isWalked).length },
    ...{ error: count('error'), warning: count('warning'), info: count('info') },
  };
  return { name, finishedAt, totals, together, links };
}

/** Links that stand in several places are one, in the order in which they come first. */
export function joinPlaces(links: readonly QaLink[]): QaLink[] {
  const joined = new Map<string, QaLink>();
  for (const link of links) {
    const key = `${link.cta} ${link.url}`;
    const known = joined.get(key);
    joined.set(key, known ? { ...known, places: [...known.places, ...link.places] } : link);
  }
  return [...joined.values()];
}
