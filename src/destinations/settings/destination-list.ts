import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Transaction } from '../../platform/database.js';
import { SecretsUnreadable } from '../../platform/secret-box.js';
import type { Means } from '../destination-kind.js';
import type { Destination } from '../destination.js';
import { DESTINATION_KINDS } from '../registry.js';
import { SettingsStore, type KeptDestination } from './settings-store.js';

/** Under this token: the destinations that the environment configures. */
export const CONFIGURED_DESTINATIONS = Symbol('ConfiguredDestinations');
/** Under this token: what destinations work with. */
export const DESTINATION_MEANS = Symbol('DestinationMeans');

/** A destination that can't be used, and why. */
interface Broken {
  revision: string;
  problem: string;
}

/**
 * The destinations in use: those of the environment, and those that were set up through the API, whichever process did
 * that. One that did not change stays the same object.
 */
@Injectable()
export class DestinationList implements OnModuleInit {
  private readonly logger = new Logger(DestinationList.name);
  /** One list for good, whose content is replaced: whoever holds it sees what there is now. */
  readonly current: Destination[] = [];
  private readonly made = new Map<string, { revision: string; destination: Destination }>();
  private readonly broken = new Map<string, Broken>();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: SettingsStore,
    @Inject(CONFIGURED_DESTINATIONS) readonly configured: readonly Destination[],
    @Inject(DESTINATION_MEANS) private readonly means: Means,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
  }

  /** Reads what there is now; one reading after another, so that the last one counts. */
  async refresh(): Promise<void> {
    const turn = this.reading.catch(() => undefined).then(() => this.read());
    this.reading = turn;
    await turn;
  }

  private async read(): Promise<void> {
    const kept = await this.store.all(this.dataSource.manager);
    for (const one of kept) await this.make(one);
    const keys = new Set(kept.map((one) => one.key));
    for (const key of this.made.keys()) if (!keys.has(key)) this.made.delete(key);
    for (const key of this.broken.keys()) if (!keys.has(key)) this.broken.delete(key);
    // The environment has the last word.
    const set = kept.filter(({ key }) => !this.isConfigured(key)).flatMap(({ key }) => this.made.get(key) ?? []);
    this.current.splice(0, this.current.length, ...this.configured, ...set.map((one) => one.destination));
  }

  /**
   * What there is as a transaction sees it, and by its own connection: whoever holds locks must not wait for another one,
   * which all those may have who wait for the locks.
   */
  async presentIn(tx: Transaction): Promise<Destination[]> {
    const kept = await this.store.all(tx);
    return [
      ...this.configured,
      ...kept.filter(({ key }) => !this.isConfigured(key)).flatMap((one) => this.usable(one)),
    ];
  }

  isConfigured(key: string): boolean {
    return this.configured.some((one) => one.key === key);
  }

  /** Why a destination can't be used; undefined if it can. */
  problemOf(key: string): string | undefined {
    return this.broken.get(key)?.problem;
  }

  /** A destination with settings that are not kept. */
  try(key: string, kind: string, values: object): Destination | undefined {
    return DESTINATION_KINDS.find((one) => one.kind === kind)?.create(key, values, this.means);
  }

  /** None where its secrets can't be read. */
  private usable(kept: KeptDestination): Destination[] {
    const made = this.made.get(kept.key);
    if (made?.revision === kept.revision) return [made.destination];
    try {
      return [this.try(kept.key, kept.kind, this.store.valuesOf(kept)) ?? []].flat();
    } catch (error) {
      if (!(error instanceof SecretsUnreadable)) throw error;
      return [];
    }
  }

  private async make(kept: KeptDestination): Promise<void> {
    const { key, kind, revision } = kept;
    if (this.made.get(key)?.revision === revision || this.broken.get(key)?.revision === revision) return;
    this.made.delete(key);
    this.broken.delete(key);
    try {
      const destination = this.try(key, kind, this.store.valuesOf(kept));
      if (!destination) return this.giveUp(kept, `this release knows no destinations of the kind "${kind}"`);
      this.made.set(key, { revision, destination });
      await this.store.renew(this.dataSource.manager, kept);
    } catch (error) {
      if (!(error instanceof SecretsUnreadable)) throw error;
      this.giveUp(kept, error.message);
    }
  }

  private giveUp({ key, revision }: KeptDestination, problem: string): void {
    this.broken.set(key, { revision, problem });
    this.logger.error({ msg: 'a destination can not be used', destination: key, problem });
  }
}
