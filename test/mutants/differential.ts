// So many cases of the oracle, always the same. Ends with 1 if the core and the naive evaluator differ.
import fc from 'fast-check';
import { runDifferential } from '../oracle/differential.js';

const SEED = 1;

// That they differ is enough: nobody reads the smallest case in which they do.
fc.configureGlobal({ endOnFailure: true });

process.exitCode = runDifferential({ triples: Number(process.argv[2]), seed: SEED }).mismatch ? 1 : 0;
