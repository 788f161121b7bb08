import { Injectable } from '@nestjs/common';
import { raiseCatalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import { DEFAULT_CLICK_CLASS_SETTINGS, type ClickClassSettings } from './click-class-settings.js';
import { ReclassificationStore } from './reclassification-store.js';

/** How clicks are classed. */
@Injectable()
export class ClickClassStore {
  constructor(private readonly reclassifications: ReclassificationStore) {}

  async settings(tx: Transaction): Promise<ClickClassSettings> {
    const [row] = await query<{ settings: Partial<ClickClassSettings> }>(
      tx,
      'SELECT settings FROM click_class_settings',
    );
    return { ...DEFAULT_CLICK_CLASS_SETTINGS, ...row?.settings };
  }

  /** Holds for past clicks, too: whoever has clicked is looked at again. */
  async put(tx: Transaction, settings: ClickClassSettings): Promise<void> {
    await raiseCatalogueRevision(tx);
    await query(
      tx,
      `INSERT INTO click_class_settings (is_only, settings, updated_at) VALUES (true, $1, $2)
       ON CONFLICT (is_only) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at`,
      [JSON.stringify(settings), new Date(await now(tx))],
    );
    await this.reclassifications.order(tx, { about: 'click classes', patterns: null });
  }
}
