import { parseArgs } from 'node:util';
import { EXIT, WrongUsage, type Command } from './command.js';
import { areRight, tellFindings, type Finding } from './findings.js';
import type { ServiceClient } from './service-client.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const HELP = `Usage: turnout check [DESTINATION] [options]

Looks at how destinations are set up, all of them or one, finds the usual mistakes, and says how to mend each: wrong
credentials or region, no reporting webhook, only first clicks reported, missing events, a wrong signing key, people known
by another kind of id. Changes nothing.

  --public-url URL         where the outside world reaches the service
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope manage (better in TURNOUT_API_KEY: arguments can be seen by others)

Exit codes: 0 all is right; 1 something is wrong, or the look failed; 2 wrong usage.
`;

export const checkCommand: Command = {
  name: 'check',
  says: 'finds mistakes in how destinations are set up',
  help: HELP,
  async run(args, io) {
    const { values, positionals } = readArguments(args);
    const client = serviceClient(values, io);
    const wanted = positionals[0] === undefined ? await allOf(client) : [positionals[0]];
    const query = values['public-url'] ? `?${new URLSearchParams({ publicUrl: values['public-url'] }).toString()}` : '';
    let isRight = true;
    for (const destination of wanted) {
      const path = `/v1/destinations/${encodeURIComponent(destination)}/check${query}`;
      const { findings } = (await client.must('GET', path)) as { findings: Finding[] };
      io.out(`${destination}\n`);
      tellFindings(findings, io);
      isRight &&= areRight(findings);
    }
    if (wanted.length === 0) io.out('No destination is set up. See: turnout connect --help\n');
    return isRight ? EXIT.done : EXIT.failed;
  },
};

async function allOf(client: ServiceClient): Promise<string[]> {
  const { destinations } = (await client.must('GET', '/v1/destinations')) as { destinations: { key: string }[] };
  return destinations.map((one) => one.key);
}

function readArguments(args: readonly string[]) {
  try {
    const options = { ...SERVICE_OPTIONS, 'public-url': { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (positionals.length > 1) throw new WrongUsage('Expected one DESTINATION at the most.');
    return { values, positionals };
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage((error as Error).message);
  }
}
