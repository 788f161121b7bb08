import { EXPLAINED, type ExplainedMutant } from './explained.js';
import type { Mutant } from './mutate.js';
import { STAGES } from './stages.js';
import type { Trial } from './trial.js';

const LONGEST_SNIPPET = 160;

export interface Score {
  planted: number;
  /** Those that made the tests hang included. */
  caught: number;
  /** Survivors that can't be told from the original. */
  explained: number;
  /** Caught of those that can be. */
  score: number;
}

export function explanationOf(mutant: Mutant): ExplainedMutant | undefined {
  return EXPLAINED.find((one) => fits(one, mutant));
}

/** Entries of the list of explanations that fit none of all mutants: the code has changed. */
export function staleExplanations(mutants: readonly Mutant[]): ExplainedMutant[] {
  return EXPLAINED.filter((one) => !mutants.some((mutant) => fits(one, mutant)));
}

function fits(explained: ExplainedMutant, { file, before, after }: Mutant): boolean {
  return explained.file === file && explained.before === before && explained.after === after;
}

export function scoreOf(trials: readonly Trial[]): Score {
  const survivors = trials.filter(({ outcome }) => outcome === 'survived');
  const planted = trials.length;
  const caught = planted - survivors.length;
  const explained = survivors.filter(({ mutant }) => explanationOf(mutant)).length;
  const score = planted === explained ? 0 : caught / (planted - explained);
  return { planted, caught, explained, score: Number(score.toFixed(4)) };
}

export function printReport(trials: readonly Trial[]): void {
  printTable(
    ['file', ...COUNTED],
    countedBy(trials, ({ mutant }) => mutant.file),
  );
  printTable(
    ['operator', ...COUNTED],
    countedBy(trials, ({ mutant }) => mutant.operator),
  );
  printStages(trials);
  printMutants('Hung', trials, 'timeout');
  printMutants('Survived', trials, 'survived');
}

const COUNTED = ['planted', 'caught', 'timeout', 'survived', 'explained', 'score'];

function countedBy(trials: readonly Trial[], groupOf: (trial: Trial) => string): string[][] {
  const groups = [...new Set(trials.map(groupOf))].sort();
  const rows = groups.map((group) => [group, ...counts(trials.filter((trial) => groupOf(trial) === group))]);
  return [...rows, ['all', ...counts(trials)]];
}

function counts(trials: readonly Trial[]): string[] {
  const { planted, caught, explained, score } = scoreOf(trials);
  const timeouts = trials.filter(({ outcome }) => outcome === 'timeout').length;
  const numbers = [planted, caught - timeouts, timeouts, planted - caught, explained].map(String);
  return [...numbers, planted === explained ? '–' : percent(score)];
}

function printStages(trials: readonly Trial[]): void {
  const rows = STAGES.map(({ name }) => {
    const ended = trials.filter(({ stage }) => stage === name);
    return [name, String(ended.length), average(ended)];
  });
  const survivors = trials.filter(({ stage }) => stage === null);
  printTable(
    ['noticed by', 'mutants', 'seconds each'],
    [...rows, ['none', String(survivors.length), average(survivors)]],
  );
}

function average(trials: readonly Trial[]): string {
  const sum = trials.reduce((seconds, trial) => seconds + trial.seconds, 0);
  return trials.length === 0 ? '–' : (sum / trials.length).toFixed(1);
}

function printMutants(title: string, trials: readonly Trial[], wanted: Trial['outcome']): void {
  const mutants = trials.filter(({ outcome }) => outcome === wanted).map(({ mutant }) => mutant);
  console.log(mutants.length === 0 ? `${title}: none.\n` : `${title}:\n`);
  mutants.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)).forEach(printMutant);
}

export function printMutant(mutant: Mutant): void {
  console.log(`${mutant.file}:${mutant.line}  ${mutant.operator}`);
  const { before, after } = mutant;
  const same = [...before].findIndex((character, index) => character !== after[index]);
  console.log(`  - ${shortened(before, same)}`);
  console.log(`  + ${shortened(after, same)}`);
  const explanation = explanationOf(mutant);
  if (explanation) console.log(`  explained: ${explanation.why}`);
  console.log();
}

/** Explanations that are wrong or out of date. They don't change the score, but somebody should look at them. */
export function printDoubts(stale: readonly ExplainedMutant[], trials: readonly Trial[]): void {
  for (const { file, before, after } of stale) {
    console.log(`Explained, but no such mutant any more: ${file}\n  - ${before}\n  + ${after}`);
  }
  for (const { mutant, outcome, stage } of trials) {
    if (outcome === 'survived' || !explanationOf(mutant)) continue;
    console.log(`Explained, but noticed by "${stage}": ${mutant.file}:${mutant.line}\n  + ${mutant.after}`);
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The part around a place, if the whole is too long. */
function shortened(text: string, place: number): string {
  if (text.length <= LONGEST_SNIPPET) return text;
  const from = Math.max(0, place - LONGEST_SNIPPET / 2);
  const to = from + LONGEST_SNIPPET;
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}

function printTable(head: string[], rows: string[][]): void {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length), title.length),
  );
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  console.log(line(head));
  console.log(widths.map((width) => '─'.repeat(width)).join('──'));
  rows.forEach((row) => console.log(line(row)));
  console.log();
}
