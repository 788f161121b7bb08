/**
 * Compares the core with the naive evaluator on as many generated rules and histories as wanted:
 *
 *   npm run oracle -- --triples 10000000 --seed 1
 *   npm run oracle -- --seconds 600
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { runDifferential } from './differential.js';
import { tablesOf } from './tables.js';
import type { Tally } from './tally.js';

const { values } = parseArgs({
  options: { triples: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } },
});
const began = Date.now();
let shownAt = began;

function showProgress(tally: Tally): void {
  if (Date.now() - shownAt < 5_000) return;
  shownAt = Date.now();
  const rate = (tally.triples / (shownAt - began)) * 1_000;
  console.error(
    `${tally.triples.toLocaleString('en')} triples in ${Math.round((shownAt - began) / 1_000)} s, ` +
      `${Math.round(rate).toLocaleString('en')} a second, no difference`,
  );
}

const { tally, seed, seconds, mismatch } = runDifferential({
  ...(values.triples === undefined ? {} : { triples: Number(values.triples) }),
  ...(values.seconds === undefined ? {} : { seconds: Number(values.seconds) }),
  seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
  onProgress: showProgress,
});

console.log(tablesOf(tally));
const missing = tally.missing();
if (missing.length > 0) console.log(`Never came up:\n  ${missing.join('\n  ')}\n`);
if (mismatch) console.log(`They differ: ${mismatch.message}\n${fc.stringify(mismatch.counterexample)}\n`);
console.log(
  JSON.stringify({
    name: 'oracle',
    triples: tally.triples,
    mismatches: mismatch ? 1 : 0,
    seed,
    seconds: Math.round(seconds * 10) / 10,
  }),
);
process.exitCode = mismatch || missing.length > 0 ? 1 : 0;
