// `core` needs nothing but Node, `integration` and `simulation` need the PostgreSQL that global-setup starts, `process` starts
// the built service as real processes (scripts/run.js builds it first, and runs it file by file).
const base = {
  transform: { '^.+\\.ts$': '@swc/jest' },
  extensionsToTreatAsEsm: ['.ts'],
  // Sources import './x.js', as Node's ESM resolution wants; the file that Jest loads is x.ts.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFiles: ['reflect-metadata'],
};

const database = {
  ...base,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

export default {
  projects: [
    { ...base, displayName: 'core', testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/unit/**/*.spec.ts'] },
    {
      ...database,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.spec.ts', '<rootDir>/test/scenarios/**/*.spec.ts'],
    },
    { ...database, displayName: 'simulation', testMatch: ['<rootDir>/test/simulation/**/*.spec.ts'] },
    { ...database, displayName: 'process', testMatch: ['<rootDir>/test/process/**/*.spec.ts'] },
  ],
  // The tests of a file share a machine with PostgreSQL, Redis and the service: more at once only slows each.
  maxWorkers: 2,
  // The modules of a file stay in memory after it: after forty of them a worker collects garbage for as long as it tests.
  workerIdleMemoryLimit: '800MB',
  testTimeout: 120_000,
};
