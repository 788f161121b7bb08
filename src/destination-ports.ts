import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DecisionListeners } from './decisions/decision-listeners.js';
import { isMade, segmentProblem } from './destinations/customerio/segment-place.js';
import { DESTINATIONS, type Destination } from './destinations/destination.js';
import { DestinationDependants } from './destinations/settings/destination-dependants.js';
import type { Surroundings } from './destinations/finding.js';
import { DestinationList } from './destinations/settings/destination-list.js';
import { SurroundingsReader } from './destinations/settings/surroundings-reader.js';
import { OutcomeListeners, type OutcomeListener } from './link-outcomes/outcome-listeners.js';
import { OutboxStore } from './outbox/outbox-store.js';
import { RemovedDestinations } from './outbox/removed-destinations.js';
import { now } from './platform/clock.js';
import { jsonPointer, type ProblemEntry } from './platform/problem.js';
import type { Transaction } from './platform/database.js';
import { SourceFreshness } from './profiles/source-freshness.js';
import { PushTargets, type PushStanding } from './segments/push-targets.js';
import type { SegmentPush } from './segments/segment.entities.js';
import { SegmentStore } from './segments/segment-store.js';
import { ProvisionStore } from './sync/provisioning/provision-store.js';
import { SourceRefusals } from './sources/source-refusals.js';
import { WEBHOOK_SECRETS, type WebhookSecrets } from './sources/webhook-secrets.js';

/** What is owed to Customer.io waits for it to be configured. */
const ALWAYS = {
  key: 'customerio',
  takes: ['membership', 'decision', 'erasure'],
  segmentProblem,
  isProvisioned: isMade,
} as const;

const NOT_CONFIGURED = `"${ALWAYS.key}" is not configured yet: what is owed to it waits until it is (npx turnout connect --help)`;

type Target = Pick<Destination, 'key' | 'takes' | 'segmentProblem' | 'isProvisioned'>;

function targetsOf(destinations: readonly Destination[]): Target[] {
  return destinations.some((one) => one.key === ALWAYS.key) ? [...destinations] : [ALWAYS, ...destinations];
}

/** Segments can be pushed to the destinations that take memberships. */
@Injectable()
export class DestinationTargets implements PushTargets {
  constructor(
    private readonly list: DestinationList,
    private readonly provisions: ProvisionStore,
  ) {}

  async problemsOf(tx: Transaction, push: readonly SegmentPush[]): Promise<ProblemEntry[]> {
    if (push.length === 0) return [];
    // Not those that this process knows of: another one may have set one up just now.
    const targets = targetsOf(await this.list.presentIn(tx)).filter((one) => one.takes.includes('membership'));
    const problems = push.flatMap((one) => problemOf(one, targets));
    for (const { destination, segmentId } of push) {
      const name = await this.provisions.nameOf(tx, destination, segmentId);
      if (name !== undefined) problems.push(takenOver(destination, segmentId, name));
    }
    return problems;
  }

  async prepare(tx: Transaction, push: readonly SegmentPush[]): Promise<void> {
    if (push.length === 0) return;
    const targets = targetsOf(await this.list.presentIn(tx));
    const wanted = push.filter((one) => isToBeMade(one, targets));
    await this.provisions.request(
      tx,
      wanted.map(({ name, adopt = false, ...one }) => ({ ...one, name: name ?? one.segmentId, adopt })),
    );
  }

  async warningsOf(push: readonly SegmentPush[]): Promise<string[]> {
    const warnings: string[] = [];
    for (const one of push) {
      const destination = this.list.current.find(hasKey(one));
      if (!destination && one.destination === ALWAYS.key) warnings.push(NOT_CONFIGURED);
      const warning = await destination?.segmentWarning?.(one.segmentId);
      if (warning !== undefined) warnings.push(warning);
    }
    return warnings;
  }

  async standings(tx: Transaction, push: readonly SegmentPush[]): Promise<PushStanding[]> {
    const views = await this.provisions.views(tx, push);
    return views.map((one) => {
      const isWaiting = one.state === 'pending' && one.problem === null && !this.list.current.some(hasKey(one));
      return isWaiting ? { ...one, problem: `"${one.destination}" is not configured yet` } : one;
    });
  }
}

function hasKey({ destination }: { destination: string }): (target: { key: string }) => boolean {
  return ({ key }) => key === destination;
}

function isToBeMade(push: SegmentPush, targets: readonly Target[]): boolean {
  return targets.find(hasKey(push))?.isProvisioned?.(push.segmentId) ?? false;
}

function takenOver(destination: string, segmentId: string, name: string): ProblemEntry {
  return {
    pointer: jsonPointer('push', destination, 'segmentId'),
    detail: `segment ${segmentId} is the one that Turnout keeps as "${name}"`,
    expected: `"${name}", or another segment`,
  };
}

function problemOf(push: SegmentPush, targets: readonly Target[]): ProblemEntry[] {
  const { destination, segmentId } = push;
  const target = targets.find(hasKey(push));
  if (!target) {
    const detail = `there is no destination "${destination}" that takes memberships`;
    const expected = `one of ${targets.map((one) => one.key).join(', ')}`;
    return [{ pointer: jsonPointer('push', destination), detail, expected }];
  }
  const detail = target.segmentProblem(segmentId);
  // What is told in another way than as a segment has that way before a colon.
  const field = segmentId.includes(':') ? 'as' : 'segmentId';
  if (detail !== undefined) return [{ pointer: jsonPointer('push', destination, field), detail }];
  if (isToBeMade(push, targets)) return [];
  const useless = (['name', 'adopt'] as const).filter((field) => push[field] !== undefined);
  return useless.map((field) => ({
    pointer: jsonPointer('push', destination, field),
    detail: `"${field}" is for segments that Turnout makes, and none is made here`,
    expected: 'left out; in Customer.io, left out with "as", or with a segmentId that is no number',
  }));
}

/** Decisions are told to every destination that takes them. */
@Injectable()
export class DestinationListeners implements DecisionListeners {
  constructor(@Inject(DESTINATIONS) private readonly destinations: readonly Destination[]) {}

  keys(): readonly string[] {
    return targetsOf(this.destinations)
      .filter((one) => one.takes.includes('decision'))
      .map((one) => one.key);
  }
}

/** What came of links is told to the destinations that were set up to hear it. */
@Injectable()
export class DestinationOutcomeListeners implements OutcomeListeners {
  constructor(@Inject(DESTINATIONS) private readonly destinations: readonly Destination[]) {}

  all(): readonly OutcomeListener[] {
    return this.destinations
      .filter(({ takes }) => takes.includes('click') || takes.includes('conversion'))
      .map(({ key, takes, attribution }) => ({
        destination: key,
        hearsClicks: takes.includes('click'),
        ...(takes.includes('conversion') && attribution && { conversions: attribution }),
      }));
  }
}

/** A destination that segments are pushed to stays. */
@Injectable()
export class SegmentsPushedThere implements DestinationDependants {
  constructor(
    private readonly segments: SegmentStore,
    private readonly removed: RemovedDestinations,
    private readonly provisions: ProvisionStore,
    private readonly outbox: OutboxStore,
  ) {}

  async of(tx: Transaction, key: string): Promise<string[]> {
    return (await this.segments.pushedTo(tx, key)).map((segment) => `segment "${segment}"`);
  }

  async dropOwed(tx: Transaction, key: string): Promise<Record<string, number>> {
    await this.provisions.drop(tx, key);
    // What is owed to Customer.io is so on purpose: it waits for the next one.
    return key === ALWAYS.key ? this.outbox.drop(tx, key) : this.removed.remove(tx, key);
  }

  async dropStale(tx: Transaction, key: string): Promise<void> {
    await this.removed.replace(tx, key);
  }
}

/** A destination is a source as well where both have the same key. */
@Injectable()
export class SourceSurroundings implements SurroundingsReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly freshness: SourceFreshness,
    private readonly refusals: SourceRefusals,
    @Inject(WEBHOOK_SECRETS) private readonly secrets: WebhookSecrets,
  ) {}

  async of(key: string): Promise<Surroundings> {
    await this.freshness.flush();
    const fresh = await this.freshness.of([key], await now(this.dataSource.manager));
    const hasKey = (this.secrets[key] ?? []).length > 0;
    const takenAt = fresh.get(key)?.lastReceivedAt ?? null;
    return { incoming: { hasKey, refusedAt: await this.refusals.last(key), takenAt } };
  }
}
