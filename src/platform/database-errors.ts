/** The SQLSTATE of an error of the database; undefined for any other error, such as a lost connection. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  return driverError === undefined ? undefined : sqlStateOf(driverError);
}

/** What the database refuses because of the values themselves: it would refuse them again. */
export function isAboutValues(error: unknown): boolean {
  const state = sqlStateOf(error);
  // Data exceptions, broken constraints, and values that are too large for an index or a row.
  return state !== undefined && (/^(22|23)/.test(state) || state === '54000');
}

/** A text holds U+0000, which PostgreSQL knows in none. */
export function isUnstorableText(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '22021' || state === '22P05';
}

/** Two transactions got in each other's way; the same again may well succeed. */
export function isWorthRepeating(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('40') ?? false;
}

/** The database can't be asked at all: it went away, is starting, or has no room. */
export function isUnreachable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return /^(08|53|57)/.test(state);
  return error instanceof Error && /connect|terminated|timeout|ECONN|EPIPE|ENOENT/i.test(error.message);
}
