import { Inject, Injectable } from '@nestjs/common';
import { DecisionListeners } from './decisions/decision-listeners.js';
import { segmentProblem } from './destinations/customerio/segment-place.js';
import { DESTINATIONS, type Destination } from './destinations/destination.js';
import { DestinationDependants } from './destinations/settings/destination-dependants.js';
import { DestinationList } from './destinations/settings/destination-list.js';
import { OutboxStore } from './outbox/outbox-store.js';
import { jsonPointer, type ProblemEntry } from './platform/problem.js';
import type { Transaction } from './platform/database.js';
import { PushTargets } from './segments/push-targets.js';
import type { SegmentPush } from './segments/segment.entities.js';
import { SegmentStore } from './segments/segment-store.js';

/** What is owed to Customer.io waits for it to be configured. */
const ALWAYS = { key: 'customerio', takes: ['membership', 'decision', 'erasure'], segmentProblem } as const;

type Target = Pick<Destination, 'key' | 'takes' | 'segmentProblem'>;

function targetsOf(destinations: readonly Destination[]): Target[] {
  return destinations.some((one) => one.key === ALWAYS.key) ? [...destinations] : [ALWAYS, ...destinations];
}

/** Segments can be pushed to the destinations that take memberships. */
@Injectable()
export class DestinationTargets implements PushTargets {
  constructor(private readonly list: DestinationList) {}

  async problemsOf(_tx: Transaction, push: readonly SegmentPush[]): Promise<ProblemEntry[]> {
    if (push.length === 0) return [];
    await this.list.refresh(); // another process may have set one up just now
    const targets = targetsOf(this.list.current).filter((one) => one.takes.includes('membership'));
    return push.flatMap((one) => problemOf(one, targets));
  }
}

function problemOf({ destination, segmentId }: SegmentPush, targets: readonly Target[]): ProblemEntry[] {
  const target = targets.find((one) => one.key === destination);
  if (!target) {
    const detail = `there is no destination "${destination}" that takes memberships`;
    const expected = `one of ${targets.map((one) => one.key).join(', ')}`;
    return [{ pointer: jsonPointer('push', destination), detail, expected }];
  }
  const detail = target.segmentProblem(segmentId);
  return detail === undefined ? [] : [{ pointer: jsonPointer('push', destination, 'segmentId'), detail }];
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

/** A destination that segments are pushed to stays. */
@Injectable()
export class SegmentsPushedThere implements DestinationDependants {
  constructor(
    private readonly segments: SegmentStore,
    private readonly outbox: OutboxStore,
  ) {}

  async of(tx: Transaction, key: string): Promise<string[]> {
    return (await this.segments.pushedTo(tx, key)).map((segment) => `segment "${segment}"`);
  }

  dropOwed(tx: Transaction, key: string): Promise<Record<string, number>> {
    return this.outbox.drop(tx, key);
  }
}
