import type { DataSource } from 'typeorm';
import { writeChange } from '../audit/changes.js';
import { query } from '../database.js';
import { SCOPES } from './access.js';
import { ApiKeyStore } from './api-key-store.js';

/** Any number that no other program on the same server is likely to lock. */
const FIRST_KEY_LOCK = 7_463_002;

/**
 * Makes the first API key, with every scope, if none was ever made, and prints it. Of several processes that start at
 * once, one does. Printed and not logged: logs are shipped and kept.
 */
export async function ensureFirstKey(
  dataSource: DataSource,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<void> {
  const created = await dataSource.transaction(async (tx) => {
    await query(tx, 'SELECT pg_advisory_xact_lock($1)', [FIRST_KEY_LOCK]);
    const existing = await query(tx, 'SELECT FROM api_keys LIMIT 1');
    if (existing.length > 0) return undefined;
    const made = await new ApiKeyStore(dataSource).create(tx, { name: 'first key', scopes: SCOPES });
    await writeChange(tx, { apiKeyId: null, action: 'first start', target: {} }, { apiKeyId: made.id, scopes: SCOPES });
    return made;
  });
  if (created) print(banner(created.key));
}

function banner(key: string): string {
  const line = '='.repeat(72);
  return [
    '',
    line,
    '  The first API key, with every scope. It is shown this once: keep it.',
    '',
    `    ${key}`,
    '',
    '  Send it as "Authorization: Bearer <key>"; make others at POST /v1/api-keys.',
    line,
    '',
    '',
  ].join('\n');
}
