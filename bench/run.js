// Runs a benchmark as the service runs: as plain JavaScript.
//
//   npm run bench -- rules --events 50
import { runBundled } from '../scripts/run-bundled.js';

const [name = '', ...options] = process.argv.slice(2);
if (!/^[a-z-]+$/.test(name)) {
  console.error(
    'Name a benchmark: npm run bench -- rules | touch | wakeups | ctas | ingest | decide | due | links [options]',
  );
  process.exit(2);
}
process.exitCode = await runBundled(`bench/${name}.ts`, options);
