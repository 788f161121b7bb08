import { parseArgs } from 'node:util';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const STATES = ['failed', 'warning', 'unknown', 'ok'] as const;
type State = (typeof STATES)[number];

const HELP = `Usage: turnout audit [options]

The set-up checklist of a running Turnout: branded domain, UTM schema and whether it is followed, core calls to action, QA of
live links, what other tools counted beside the clicks here, webhooks and destinations. Each line says how it is, what shows
it, and what to do next. Changes nothing.

  --days N                 how many days are looked back for drift and downstream counts (7)
  --tolerance PERCENT      the most that sessions of another tool may differ from clicks (30)
  --cta KEY                a call to action that everything rests on, by key or kind. May be repeated
                           (cart, checkout, reorder, bundle)
  --fail-on STATE          failed, warning, or unknown: the mildest that counts as a failure (failed)
  --json                   prints the checklist as JSON
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope manage (better in TURNOUT_API_KEY: arguments can be seen by others)

Exit codes: 0 no line is as bad as --fail-on says; 1 one is; 2 the look was not possible.
`;

interface Audit {
  asOf: string;
  state: State;
  lines: { key: string; about: string; state: State; evidence: string; next: string | null }[];
}

export const auditCommand: Command = {
  name: 'audit',
  says: 'the set-up checklist: what is right, what is not, and what to do next',
  help: HELP,
  async run(args, io) {
    const values = readArguments(args);
    const failOn = STATES.slice(0, 3).find((state) => state === (values['fail-on'] ?? 'failed'));
    if (!failOn) throw new WrongUsage('--fail-on: expected failed, warning or unknown.');
    const audit = await look(values, io);
    if (values.json) io.out(`${JSON.stringify(audit, null, 2)}\n`);
    else tell(audit, io);
    return STATES.indexOf(audit.state) <= STATES.indexOf(failOn) ? EXIT.failed : EXIT.done;
  },
};

async function look(values: Values, io: CommandIo): Promise<Audit> {
  const client = serviceClient(values, io);
  const query = new URLSearchParams();
  if (values.days !== undefined) query.set('days', values.days);
  if (values.tolerance !== undefined) query.set('tolerance', values.tolerance);
  if (values.cta) query.set('ctas', values.cta.join(','));
  try {
    return (await client.must('GET', `/v1/audit?${query.toString()}`)) as unknown as Audit;
  } catch (error) {
    // 1 says that something is not set up, and nothing else does.
    throw new WrongUsage(`The look was not possible: ${(error as Error).message}`);
  }
}

const MARKS: Readonly<Record<State, string>> = {
  ok: 'ok     ',
  warning: 'warning',
  failed: 'FAILED ',
  unknown: '?      ',
};

function tell({ asOf, lines }: Audit, io: CommandIo): void {
  for (const { about, state, evidence, next } of lines) {
    io.out(`${MARKS[state]} ${about}: ${printable(evidence)}\n`);
    if (next !== null) io.out(`          → ${printable(next)}\n`);
  }
  const count = (state: State): number => lines.filter((line) => line.state === state).length;
  io.out(
    `\n${asOf}: ${count('ok')} ok, ${count('warning')} to look at, ${count('failed')} failed, ${count('unknown')} unknown.\n`,
  );
}

/** Links and names are others': none of them moves a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}

type Values = ReturnType<typeof readArguments>;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = {
      ...SERVICE_OPTIONS,
      ...{ days: text, tolerance: text, 'fail-on': text, cta: texts, json: flag },
    };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
}
