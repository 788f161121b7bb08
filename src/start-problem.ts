import { ConfigError } from './platform/config.js';
import { sqlStateOf } from './platform/database-errors.js';

/** Why a database that was configured can't be used, in words where that is known; any other error as it is. */
export function databaseProblem(error: unknown): unknown {
  const state = sqlStateOf(error);
  // The login, the database, no room, not up; no right to make tables, a copy that takes no changes.
  const isRefused = state !== undefined && /^(28|3D|53|57|42501|25006)/.test(state);
  if (!isRefused && networkCodeOf(error) === undefined) return error;
  return new ConfigError([
    {
      variable: 'DATABASE_URL',
      problem: `leads to no database that can be used (${saidBy(error)})`,
      expected:
        'a PostgreSQL that is running, with this user, password and database, in which the user may make tables',
    },
  ]);
}

/** Why an address that was configured can't be listened on, in words where that is known; any other error as it is. */
export function listenProblem(error: unknown, port: 'PORT' | 'HEALTH_PORT'): unknown {
  const code = networkCodeOf(error);
  if (code === undefined) return error;
  const isTaken = code === 'EADDRINUSE' || code === 'EACCES';
  return new ConfigError([
    {
      variable: isTaken ? port : 'HOST',
      problem: `can not be listened on (${saidBy(error)})`,
      expected: isTaken ? 'a port that is free, or 0 for any' : 'an address of this machine',
    },
  ]);
}

function networkCodeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && /^E[A-Z_]+$/.test(code) ? code : undefined;
}

/** A name that has several addresses fails with one error for all of them, which says nothing itself. */
function saidBy(error: unknown): string {
  return (error as Error).message || networkCodeOf(error)!;
}
