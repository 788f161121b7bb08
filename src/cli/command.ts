/** What a command speaks to the world with. */
export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  env: Readonly<Record<string, string | undefined>>;
  /** Whether somebody watches: then a line may be written over. */
  isTerminal: boolean;
}

/** A subcommand of `turnout`: one file, and a line in turnout.ts. */
export interface Command {
  name: string;
  /** One line, for the list of commands. */
  says: string;
  /** The whole help. */
  help: string;
  /** Resolves with the exit code; throws {@link WrongUsage}. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** Arguments that make no sense: said with the way to the help, exit code 2. */
export class WrongUsage extends Error {}

export const EXIT = { done: 0, failed: 1, usage: 2, withBadLines: 3 } as const;
