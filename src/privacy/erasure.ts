import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DestinationList } from '../destinations/settings/destination-list.js';
import { PreviewStore } from '../memberships/preview-store.js';
import { OutboxHandover } from '../outbox/outbox-handover.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { erasureMessage, type Address } from '../outbox/outbox-message.js';
import { noteChange } from '../platform/audit/changes.js';
import type { Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { Nudger } from '../platform/nudger.js';
import { Problem } from '../platform/problem.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
import type { Identifier } from '../profiles/identifier.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { ProfileEraser } from '../profiles/profile-eraser.js';
import { lockProfiles } from '../profiles/profile-lock.js';
import { ProfileStore } from '../profiles/profile-store.js';
import { ShadowStore } from '../segments/shadow-store.js';
import { DeadLetterStore } from '../sources/dead-letter-store.js';

export function nobodyKnown(): Problem {
  return Problem.notFound('No profile is known by this identifier.');
}

export interface Erased {
  profileId: number;
  /** Rows removed, by table; of samples, the rows that they were taken out of. */
  removed: Record<string, number>;
  /** Who was asked to forget them, too. */
  destinations: string[];
}

/** Forgets somebody, here and at the destinations. */
@Injectable()
export class Erasure {
  private readonly logger = new Logger(Erasure.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly profiles: ProfileStore,
    private readonly eraser: ProfileEraser,
    private readonly deadLetters: DeadLetterStore,
    private readonly shadows: ShadowStore,
    private readonly previews: PreviewStore,
    private readonly outbox: OutboxStore,
    private readonly handover: OutboxHandover,
    private readonly nudger: Nudger,
    private readonly list: DestinationList,
  ) {}

  /** Throws a 404 problem when nobody is known by the identifier. */
  async erase(identifier: Identifier): Promise<Erased> {
    await this.list.refresh(); // whoever was set up by another process just now may hold them already
    // Where it was merged into another meanwhile, it is looked up again.
    const erased = await repeatedTransaction(this.dataSource, (tx) => this.eraseIn(tx, identifier));
    this.nudger.deliver(erased.destinations);
    this.logger.log({ msg: 'erased a profile', ...erased });
    return erased;
  }

  private async eraseIn(tx: Transaction, identifier: Identifier): Promise<Erased> {
    const profileId = await this.identifiers.find(tx, [identifier]);
    if (profileId === undefined) throw nobodyKnown();
    const lane = laneOfProfile(profileId);
    // Before it is asked what is to go: whoever is being merged into them is so then.
    await lockProfiles(tx, [profileId]);
    const merges = await this.profiles.mergesInto(tx, profileId);
    const family = [profileId, ...merges.map((one) => Number(one.profileId))];
    const underWayUntil = await this.handover.underWayUntil(tx, { lane, profileId });
    const { removed, identifiers } = await this.eraser.erase(tx, profileId, family);
    // In samples they are named by their number, and by the events that speak for them.
    removed.segment_shadow_lanes = await this.shadows.forgetProfiles(tx, family);
    removed.rule_previews = await this.previews.forgetProfiles(tx, family);
    removed.dead_letters = await this.deadLetters.removeAbout(tx, identifiers);
    const addresses = identifiers.map(({ kind, value }): Address => ({ [kind]: value }));
    const how = underWayUntil ? { notBefore: underWayUntil.getTime() } : {};
    const messages = this.list.current
      .filter((one) => one.takes.includes('erasure'))
      .map(({ key }) => erasureMessage({ lane, profileId }, key, addresses, how));
    await this.outbox.append(tx, messages);
    noteChange({ profileId });
    return { profileId, removed, destinations: messages.map((one) => one.destination) };
  }
}
