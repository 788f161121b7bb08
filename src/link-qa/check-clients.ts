import { finding, type Finding } from './finding.js';
import { lastHop, type Walk } from './walk.js';

/** Whether all clients end alike. What is drawn anew for each visit does not count. */
export function checkClients(walks: readonly Walk[]): Finding[] {
  const byOutcome = new Map<string, Walk[]>();
  for (const walk of walks) {
    const outcome = outcomeOf(walk);
    byOutcome.set(outcome, [...(byOutcome.get(outcome) ?? []), walk]);
  }
  if (byOutcome.size < 2) return [];
  const outcomes = [...byOutcome].sort(([, a], [, b]) => b.length - a.length);
  const says = outcomes
    .map(([outcome, group]) => `${group.map((one) => one.client).join(', ')}: ${outcome}`)
    .join('; ');
  const isSomeoneLost = new Set(walks.map(isGood)).size > 1;
  return outcomes.slice(1).map(([, group]) =>
    finding('clients-differ', `The link ends differently. ${says}`, {
      where: walks[0]!.hops[0]?.url ?? '',
      about: group.map((one) => one.client).join(', '),
      clients: group.map((one) => one.client),
      severity: isSomeoneLost ? 'error' : 'warning',
    }),
  );
}

function isGood(walk: Walk): boolean {
  const status = lastHop(walk)?.status ?? 0;
  return walk.end.kind === 'answered' && status >= 200 && status < 300;
}

function outcomeOf(walk: Walk): string {
  const hop = lastHop(walk);
  if (!hop) return walk.end.kind;
  const { host, pathname } = new URL(hop.url);
  const path = pathname.split('/').map((part) => (isDrawn(part) ? '*' : part)).join('/'); // prettier-ignore
  return `${walk.end.kind === 'answered' ? String(hop.status) : walk.end.kind} at ${host}${path}`;
}

/** A token such as that of a checkout: long, with digits among letters. */
function isDrawn(part: string): boolean {
  return part.length >= 16 && /\d/.test(part) && /^[\w~.=-]+$/.test(part) && !/^[a-z]+(-[a-z]+)+(-\d+)?$/.test(part);
}
