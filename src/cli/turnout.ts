import { auditCommand } from './audit.js';
import { checkCommand } from './check.js';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import { connectCommand } from './connect.js';
import { importCommand } from './import.js';
import { keysCommand } from './keys.js';
import { qaCommand } from './qa.js';
import { rewriteCommand } from './rewrite.js';
import { utmCommand } from './utm.js';

/** The one list of subcommands. */
const COMMANDS: readonly Command[] = [
  importCommand,
  keysCommand,
  connectCommand,
  checkCommand,
  utmCommand,
  rewriteCommand,
  qaCommand,
  auditCommand,
];

const HELP = `Usage: turnout COMMAND [arguments]

${COMMANDS.map(({ name, says }) => `  ${name.padEnd(10)} ${says}`).join('\n')}

"turnout COMMAND --help" tells more. Exit codes: 0 done, 1 failed, 2 wrong usage; others as the command says.
`;

/** Runs the command line; resolves with the exit code. */
export async function runCli([name, ...args]: readonly string[], io: CommandIo): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(HELP);
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) {
    io.err(`There is no command "${name}".\n\n${HELP}`);
    return EXIT.usage;
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.out(command.help);
    return EXIT.done;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    const isUsage = error instanceof WrongUsage;
    const text = error instanceof Error ? error.message : String(error);
    io.err(isUsage ? `${text}\nSee: turnout ${name} --help\n` : `${text}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}
