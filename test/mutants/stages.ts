/** A look at a mutant: a Node program run in a copy of the project, which ends with 0 if it noticed nothing. */
export interface Stage {
  name: string;
  /** The arguments of Node; `files` are those that hold mutations. */
  args(files: readonly string[]): string[];
}

const CORE_SPECS = 'src/core/';
const ORACLE_SPEC = 'test/unit/oracle\\.spec';
/** Compares as much as the stages of cases, and more. */
const ORACLE_TEST = 'equals the naive evaluator';
/** Tests the mutants, not the core. */
const MUTANTS_SPEC = 'test/unit/mutants\\.spec';

/**
 * In this order, the quickest to notice most first; the first that fails has caught the mutant. Of the oracle's cases far
 * fewer than in `npm test`, so that what nothing notices does not take minutes.
 */
export const STAGES: readonly Stage[] = [
  { name: 'few cases', args: () => cases(4_000) },
  { name: 'core specs', args: () => jest('--testPathPatterns', CORE_SPECS) },
  { name: 'more cases', args: () => cases(40_000) },
  {
    name: 'laws of logic and time',
    args: () => jest('--testPathPatterns', ORACLE_SPEC, '--testNamePattern', `^(?!.*${ORACLE_TEST})`),
  },
  {
    name: 'other specs',
    args: (files) => [
      ...jest('--passWithNoTests'),
      ...[CORE_SPECS, ORACLE_SPEC, MUTANTS_SPEC].flatMap((path) => ['--testPathIgnorePatterns', path]),
      // Those that load a mutated file, directly or not: no other can notice.
      ...['--findRelatedTests', ...files],
    ],
  },
];

function cases(triples: number): string[] {
  return ['--import', 'tsx', 'test/mutants/differential.ts', String(triples)];
}

function jest(...args: string[]): string[] {
  return [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    // In one process: it is then enough to kill that, and the other mutants keep the other cores busy.
    ...['node_modules/jest/bin/jest.js', '--selectProjects', 'core', '--bail', '--ci', '--runInBand', ...args],
  ];
}
