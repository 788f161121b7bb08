import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DestinationList } from './destination-list.js';
import { SettingsStore, type KeptDestination } from './settings-store.js';

/** A destination as it is shown: of secrets only what there is. */
export interface DestinationView {
  key: string;
  kind: string;
  from: 'environment' | 'api';
  /** Of what the environment configures nothing is shown. */
  settings: Readonly<Record<string, unknown>> | null;
  secrets: readonly string[] | null;
  createdAt: Date | null;
  updatedAt: Date | null;
  /** Why it can't be used; null if it can. */
  problem: string | null;
}

/** Destinations as they are shown to people. */
@Injectable()
export class DestinationViews {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: SettingsStore,
    private readonly list: DestinationList,
  ) {}

  async all(): Promise<DestinationView[]> {
    await this.list.refresh();
    const kept = await this.store.all(this.dataSource.manager);
    const views = kept.filter(({ key }) => !this.list.isConfigured(key)).map((one) => this.viewOf(one));
    return [...this.list.configured.map(({ key }) => configured(key)), ...views];
  }

  async find(key: string): Promise<DestinationView | undefined> {
    return (await this.all()).find((one) => one.key === key);
  }

  private viewOf({ key, kind, settings, secretNames, createdAt, updatedAt }: KeptDestination): DestinationView {
    const problem = this.list.problemOf(key) ?? null;
    return { key, kind, from: 'api', settings, secrets: secretNames, createdAt, updatedAt, problem };
  }
}

function configured(key: string): DestinationView {
  const unknown = { settings: null, secrets: null, createdAt: null, updatedAt: null };
  return { key, kind: key, from: 'environment', ...unknown, problem: null };
}
