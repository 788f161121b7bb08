import type { DataSource } from 'typeorm';
import { asChange, noteChange, writeUncarried } from './changes.js';
import type { Transaction } from '../database.js';

const CHANGE = { apiKeyId: null, action: 'put a thing', target: {} };

/** A transaction that keeps what is written to the audit log, as the detail of each change. */
function recording(): { tx: Transaction; details: unknown[] } {
  const details: unknown[] = [];
  const queryRunner = {
    query: (_sql: string, parameters: string[]) => {
      details.push(JSON.parse(parameters.at(-1)!));
      return Promise.resolve({ records: [] });
    },
  };
  return { tx: { queryRunner, connection: {} as DataSource } as unknown as Transaction, details };
}

describe('a change that is made at somebody’s request', () => {
  it('is followed to its end, though others begin and end meanwhile', async () => {
    const { tx, details } = recording();
    let end!: () => void;
    const other = new Promise<void>((resolve) => (end = resolve));
    const change = asChange(CHANGE, async () => {
      await other;
      noteChange({ of: 'the first' });
      await writeUncarried(tx);
    });
    for (const name of ['the second', 'the third']) {
      await asChange(CHANGE, async () => {
        await Promise.resolve();
        noteChange({ of: name });
        await writeUncarried(tx);
      });
    }
    end();
    await change;
    expect(details).toEqual([{ of: 'the second' }, { of: 'the third' }, { of: 'the first' }]);
  });

  it('is nobody’s once it has ended, also for what goes on after it', async () => {
    const { tx, details } = recording();
    let later!: Promise<void>;
    await asChange(CHANGE, async () => {
      later = new Promise((resolve) => setTimeout(resolve, 5)).then(() => writeUncarried(tx));
      await writeUncarried(tx);
    });
    await asChange(CHANGE, () => writeUncarried(tx));
    await later;
    expect(details).toEqual([{}, {}]);
  });
});
