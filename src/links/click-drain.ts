import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { CLICK } from '../ctas/click-class.js';
import { query } from '../platform/database.js';
import { eventId } from '../profiles/event-identity.js';
import { Ingestion, type Entry } from '../sources/ingestion.js';
import { BindingStore, type Bound } from './binding-store.js';
import { ClickJournal, type ClickBatch, type RecordedClick } from './click-journal.js';
import { SharedAddresses } from './click-signals.js';
import { clickProperties } from './declaration.js';
import { TrackedLink } from './links.entities.js';

/** The source of the clicks on tracked links. */
export const LINKS_SOURCE = 'links';

/** Where links are followed by the same process, they wait while these are worked out. */
const MOST_CLICKS_AT_ONCE = 1_000;

/** A click with what its batch knows of it. */
interface Click extends RecordedClick {
  sourceEventId: string;
  at: Instant;
}

interface AnonymousRow {
  occurred_at: string;
  id: string;
  link_id: string;
  received_at: string;
  properties: Record<string, unknown>;
}

/**
 * Turns the clicks that were written down into events. Done again after a crash it changes nothing: the place in the journal
 * is the event's id.
 */
@Injectable()
export class ClickDrain {
  private readonly shared = new SharedAddresses();

  constructor(
    private readonly dataSource: DataSource,
    private readonly journal: ClickJournal,
    private readonly bindings: BindingStore,
    private readonly ingestion: Ingestion,
  ) {}

  /** Takes on the oldest clicks; false if there were none. */
  async drain(): Promise<boolean> {
    const batches = await this.journal.claim(this.dataSource.manager);
    for (const some of slicesOf(batches)) await this.turnIntoEvents(some);
    return batches.length > 0;
  }

  private async turnIntoEvents(batches: readonly ClickBatch[]): Promise<void> {
    const tx = this.dataSource.manager;
    const clicks = batches.flatMap(clicksOf);
    for (const click of clicks) this.addSignals(click);
    const links = await this.linksOf(clicks);
    const bound = await this.bindings.read(tx, distinct(clicks.flatMap(({ binding }) => binding ?? [])));
    const entries: Entry[] = [];
    const anonymous: AnonymousRow[] = [];
    for (const click of clicks) {
      const link = links.get(click.link);
      const who = click.binding === undefined ? undefined : bound.get(click.binding);
      if (link && who) entries.push(entryOf(click, link, who));
      else if (link) anonymous.push(anonymousOf(click, link));
    }
    await this.ingestion.record(LINKS_SOURCE, entries);
    await this.dataSource.transaction(async (tx) => {
      await query(
        tx,
        `INSERT INTO anonymous_clicks (occurred_at, id, link_id, received_at, properties)
         SELECT * FROM jsonb_to_recordset($1::jsonb) AS new (occurred_at timestamptz, id uuid, link_id text,
                                                             received_at timestamptz, properties jsonb)
         ON CONFLICT DO NOTHING`,
        [JSON.stringify(anonymous)],
      );
      await this.journal.remove(
        tx,
        batches.map(({ id }) => id),
      );
    });
  }

  private addSignals({ addressHash, binding, at, signals }: Click): void {
    if (binding !== undefined && this.shared.note(addressHash, binding, at)) signals.push('shared_address');
  }

  private async linksOf(clicks: readonly Click[]): Promise<Map<string, TrackedLink>> {
    const ids = distinct(clicks.map(({ link }) => link));
    const links = await this.dataSource.manager.findBy(TrackedLink, { id: In(ids) });
    return new Map(links.map((link) => [link.id, link]));
  }
}

/** Batches in order, so many at a time that they have no more clicks than are worked on at once, but one at the least. */
function slicesOf(batches: readonly ClickBatch[]): ClickBatch[][] {
  const slices: ClickBatch[][] = [];
  let left = 0;
  for (const batch of batches) {
    if (left < batch.clicks.length) {
      slices.push([]);
      left = MOST_CLICKS_AT_ONCE;
    }
    slices.at(-1)!.push(batch);
    left -= batch.clicks.length;
  }
  return slices;
}

function clicksOf({ id, writtenAt, clicks }: ClickBatch): Click[] {
  return clicks.map((click, index) => ({ ...click, at: writtenAt, sourceEventId: `${id}/${index}` }));
}

function entryOf(click: Click, link: TrackedLink, { identifier, deliveryId }: Bound): Entry {
  const event = {
    sourceEventId: click.sourceEventId,
    name: CLICK,
    occurredAt: click.at,
    identifiers: [identifier],
    properties: propertiesOf(click, link, deliveryId),
    // Done again, it may be seen otherwise, by what the worker knows of its address: the first stands.
    isRestated: true,
  };
  return { event, body: Buffer.from(JSON.stringify(click)) };
}

function anonymousOf(click: Click, link: TrackedLink): AnonymousRow {
  return {
    occurred_at: new Date(click.at).toISOString(),
    id: eventId(LINKS_SOURCE, click.sourceEventId),
    link_id: click.link,
    received_at: new Date(click.at).toISOString(),
    properties: propertiesOf(click, link, null),
  };
}

function propertiesOf(click: Click, link: TrackedLink, deliveryId: string | null): Record<string, unknown> {
  return {
    ...clickProperties(link),
    ...(deliveryId !== null && { delivery_id: deliveryId }),
    ...(click.signals.length > 0 && { actor_signals: click.signals }),
    address_hash: click.addressHash,
    agent_hash: click.agentHash,
  };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
