// `npm start`, `npm run demo`, `npm test`: brings the checkout to a state where it can run, then runs it. Before that
// nothing is installed, so everything here and in the files it imports needs nothing but Node. No newer syntax in this
// file: an old Node must get as far as the message.
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(
    'Turnout needs Node ' +
      OLDEST_NODE.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '. ' +
      'Install a newer one (https://nodejs.org) and try again.',
  );
  process.exit(1);
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

import('./commands.js')
  .then(({ runCommand }) => runCommand(process.argv[2], process.argv.slice(3)))
  .then(
    (exitCode) => {
      if (exitCode !== undefined) process.exitCode = exitCode;
    },
    (error) => {
      // Those with an exit code are said for people; anything else is a fault of these scripts.
      console.error(error.exitCode ? error.message : error);
      process.exitCode = error.exitCode || 1;
    },
  );
