import { KINDS, OUTER_KINDS, pairName } from './pairs.js';
import { sumOf, type Outcomes, type Tally } from './tally.js';

/** Everything that was counted, as tables to read. */
export function tablesOf(tally: Tally): string {
  const features = [...tally.features].map(([name, outcomes]): string[] => [name, ...cells(outcomes)]);
  const nested = OUTER_KINDS.map((outer) => [
    outer,
    ...KINDS.map((inner) => short(tally.nested.get(`${outer} > ${inner}`))),
  ]);
  const beside = KINDS.map((a, index) => [
    a,
    ...KINDS.map((b, column) => (column > index ? '' : short(tally.beside.get(pairName(a, b))))),
  ]);
  const kinds = KINDS.map((kind) => kind.replace('attribute', 'attr').replace('segment', 'segm').slice(0, 8));
  const missing = tally.missingPairs();
  return [
    `${number(tally.cases)} cases, ${number(tally.triples)} triples, ${number(tally.changes)} changes foretold exactly, ` +
      `${number(tally.early)} foretold that did not come`,
    table(
      ['', 'triples', 'true', 'false', 'pending', 'insufficient'],
      [['all', ...cells(tally.outcomes)], ...features],
    ),
    'One in the other (triples):',
    table(['', ...kinds], nested),
    'Side by side in one rule (triples):',
    table(['', ...kinds], beside),
    missing.length > 0 ? `Pairs that never came up: ${missing.join('; ')}` : 'Every pair came up.',
    '',
  ].join('\n\n');
}

function cells(outcomes: Outcomes): string[] {
  const { true: yes, false: no, pending, insufficient } = outcomes;
  return [sumOf(outcomes), yes, no, pending, insufficient].map(number);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function short(value = 0): string {
  if (value < 1_000) return String(value);
  return value < 1_000_000 ? `${Math.round(value / 1_000)}k` : `${(value / 1_000_000).toFixed(1)}M`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  return [head, ...rows].map((row) => line(row).trimEnd()).join('\n');
}
