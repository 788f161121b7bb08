import { counted, listed, not, ok, type ChecklistLine } from './checklist-line.js';

/** The calls to action that a shop's lifecycle rests on, unless others are named. */
export const CORE_CTAS: readonly string[] = ['cart', 'checkout', 'reorder', 'bundle'];

/** A call to action of the catalogue, and how it is used. */
export interface CtaFact {
  key: string;
  kind: string | null;
  /** In the days that are looked at. */
  clicks: number;
  /** Tracked links that still lead somewhere. */
  links: number;
  /** Segments and journeys whose rules name it. */
  neededBy: readonly string[];
}

/** Whether a core call to action is in the catalogue, by its key or its kind, and whether anybody meets it. */
export function judgeCta(core: string, catalogue: readonly CtaFact[], days: number): ChecklistLine {
  const about = { key: `cta-${core}`, about: `call to action "${core}"` };
  const ours = catalogue.filter(({ key, kind }) => key === core || kind === core);
  if (ours.length === 0) {
    return not('failed', about, {
      evidence: 'the catalogue has none of that key or kind',
      next: `declare it with patterns of its links: PUT /v1/ctas/${core} with "kind": "${core}" (docs/ctas.md); GET /v1/ctas/unmatched suggests some`,
    });
  }
  const clicks = sum(ours.map((one) => one.clicks));
  const links = sum(ours.map((one) => one.links));
  const needed = [...new Set(ours.flatMap((one) => one.neededBy))];
  const evidence =
    `${listed(ours.map((one) => one.key))}: ${counted(clicks, 'click')} in ${counted(days, 'day')}, ` +
    `${counted(links, 'tracked link')}, ${needed.length === 0 ? 'no rule names it' : `named by ${listed(needed)}`}`;
  if (clicks > 0) return ok(about, evidence);
  const next =
    links > 0 || needed.length > 0
      ? 'nobody clicks it: send messages that have it, and see whether its patterns find their links: POST /v1/ctas/match'
      : 'put it into messages: POST /v1/links makes a tracked link of it';
  return not('warning', about, { evidence, next });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
