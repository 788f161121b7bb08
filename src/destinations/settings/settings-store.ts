import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../../platform/database.js';
import { SecretBox } from '../../platform/secret-box.js';

/** Values of settings by name; of a kind's own form once they were checked against it. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** A destination as it is kept. */
export interface KeptDestination {
  key: string;
  kind: string;
  settings: SettingValues;
  secrets: Buffer | null;
  secretNames: string[];
  createdAt: Date;
  updatedAt: Date;
  /** Another one after every change. */
  revision: string;
}

const KEPT = `key, kind, settings, secrets, secret_names AS "secretNames", created_at AS "createdAt",
              updated_at AS "updatedAt", revision`;

/** Destinations that were set up through the API. What is secret is encrypted before it reaches the database. */
@Injectable()
export class SettingsStore {
  constructor(private readonly box: SecretBox) {}

  async all(tx: Transaction): Promise<KeptDestination[]> {
    return query<KeptDestination>(tx, `SELECT ${KEPT} FROM destinations ORDER BY key`);
  }

  async find(tx: Transaction, key: string): Promise<KeptDestination | undefined> {
    return (await query<KeptDestination>(tx, `SELECT ${KEPT} FROM destinations WHERE key = $1`, [key]))[0];
  }

  /** Writes a destination's settings in the place of those it had. Throws SecretsUnreadable without a key. */
  async put(
    tx: Transaction,
    { key, kind, values, secretNames }: { key: string; kind: string; values: SettingValues; secretNames: string[] },
  ): Promise<void> {
    const entries = Object.entries(values).filter(([, value]) => value !== undefined);
    const secret = Object.fromEntries(entries.filter(([name]) => secretNames.includes(name)));
    const open = Object.fromEntries(entries.filter(([name]) => !secretNames.includes(name)));
    const names = Object.keys(secret).sort();
    const sealed = names.length > 0 ? this.box.seal(JSON.stringify(secret), ownerOf(key)) : null;
    await query(
      tx,
      `INSERT INTO destinations (key, kind, settings, secrets, secret_names, created_at, updated_at, revision)
       VALUES ($1, $2, $3, $4, $5, turnout_now(), turnout_now(), gen_random_uuid())
       ON CONFLICT (key) DO UPDATE
          SET settings = excluded.settings, secrets = excluded.secrets, secret_names = excluded.secret_names,
              updated_at = excluded.updated_at, revision = excluded.revision`,
      [key, kind, JSON.stringify(open), sealed, names],
    );
  }

  async remove(tx: Transaction, key: string): Promise<boolean> {
    return (await query(tx, 'DELETE FROM destinations WHERE key = $1 RETURNING key', [key])).length > 0;
  }

  /** All of a destination's settings. Throws SecretsUnreadable where the key of its secrets is gone. */
  valuesOf({ key, settings, secrets }: KeptDestination): SettingValues {
    if (!secrets) return settings;
    return { ...settings, ...(JSON.parse(this.box.open(secrets, ownerOf(key))) as SettingValues) };
  }

  /** Encrypts anew what an older key still keeps; what changed meanwhile is left to the next time. */
  async renew(tx: Transaction, kept: KeptDestination): Promise<void> {
    if (!kept.secrets || !this.box.isUsable || this.box.isNewest(kept.secrets)) return;
    const anew = this.box.seal(this.box.open(kept.secrets, ownerOf(kept.key)), ownerOf(kept.key));
    await query(tx, 'UPDATE destinations SET secrets = $2 WHERE key = $1 AND revision = $3', [
      kept.key,
      anew,
      kept.revision,
    ]);
  }
}

/** What secrets are bound to. */
function ownerOf(key: string): string {
  return `destination:${key}`;
}
