/** A look at a mutant: a Node program run in a copy of the project, which ends with 0 if it noticed nothing. */
export interface Stage {
  name: string;
  /** The arguments of Node; `files` are those that hold mutations. */
  args(files: readonly string[]): string[];
}

const CORE_SPECS = 'src/core/';
const ORACLE_SPEC = 'test/unit/oracle\\.spec';
/** Tests the mutants, not the core. */
const MUTANTS_SPEC = 'test/unit/mutants\\.spec';

/** In this order, the quickest to notice most first; the first that fails has caught the mutant. */
export const STAGES: readonly Stage[] = [
  { name: 'differential', args: () => ['--import', 'tsx', 'test/mutants/differential.ts'] },
  { name: 'core specs', args: () => jest('--testPathPatterns', CORE_SPECS) },
  { name: 'oracle spec', args: () => jest('--testPathPatterns', ORACLE_SPEC) },
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

function jest(...args: string[]): string[] {
  return [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    // In one process: it is then enough to kill that, and the other mutants keep the other cores busy.
    ...['node_modules/jest/bin/jest.js', '--selectProjects', 'core', '--bail', '--ci', '--runInBand', ...args],
  ];
}
