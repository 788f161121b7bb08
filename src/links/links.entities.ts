import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Id } from '../ctas/cta-pattern.js';
import type { MessageKind } from '../ctas/message-context.js';
import type { RecordedClick } from './click-journal.js';
import type { UtmValues } from './utm-values.js';

/** The message that a link stands in, by the names that Customer.io's clicks carry. */
export type Message = Partial<Record<MessageKind | 'action_id', Id>>;

/** A host of the shop's own under which links are served, and where they may lead. */
@Entity('link_domains')
export class LinkDomain {
  @PrimaryColumn('text') host!: string;
  /** Exact hosts, and `*.example.com` for everything below. */
  @Column('text', { name: 'allowed_hosts', array: true }) allowedHosts!: string[];
  /** The domain that messages with these links are sent from. */
  @Column('text', { name: 'sending_domain', nullable: true }) sendingDomain!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 }) updatedAt!: Date;
}

/** A link as it was declared. It never changes; it is disabled, and another one is declared. */
@Entity('tracked_links')
@Unique('tracked_links_digest', ['digest'])
@Index('tracked_links_newest', ['createdAt', 'id'])
@Index('tracked_links_cta', ['cta', 'createdAt', 'id'])
@Index('tracked_links_template', ['template', 'createdAt', 'id'])
@Index('tracked_links_domain', ['domain'])
export class TrackedLink {
  /** 8 random bytes in base64url: what its tokens carry. */
  @PrimaryColumn('text') id!: string;
  /** Of the declaration: the same one is the same link. */
  @Column('bytea') digest!: Buffer;
  @Column('text') domain!: string;
  @Column('text') cta!: string;
  /** As it was declared, byte for byte. */
  @Column('text') destination!: string;
  @Column('text', { name: 'destination_host' }) destinationHost!: string;
  /** Where a click leads: the destination with the UTM values that it lacked. */
  @Column('text', { name: 'landing_url' }) landingUrl!: string;
  @Column('jsonb') utm!: UtmValues;
  @Column('text', { nullable: true }) channel!: string | null;
  @Column('text', { nullable: true }) template!: string | null;
  @Column('jsonb') message!: Message;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 }) expiresAt!: Date;
  @Column({ type: 'timestamptz', name: 'disabled_at', precision: 3, nullable: true }) disabledAt!: Date | null;
}

/** The number of the last change by which a link that was followed before may lead elsewhere or nowhere; the only row. */
@Entity('link_revision')
@Check('link_revision_one_row', 'is_only')
export class LinkRevision {
  @PrimaryColumn('boolean', { name: 'is_only', default: true }) isOnly!: boolean;
  @Column('bigint') revision!: string;
}

/** To whom links are given, by a reference that says nothing outside of this table. */
@Entity('link_bindings')
@Index('link_bindings_reference', ['reference'])
export class LinkBinding {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn('bytea') reference!: Buffer;
  @Column('text', { name: 'delivery_id', nullable: true }) deliveryId!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  /** When the last link ends that carries it; null of earlier releases. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true }) expiresAt!: Date | null;
}

/** What the short form of a link stands for. */
@Entity('link_shorts')
@Index('link_shorts_link', ['linkId'], { where: 'binding IS NULL' })
export class LinkShort {
  @PrimaryColumn('bytea') code!: Buffer;
  @Column('text', { name: 'link_id' }) linkId!: string;
  @Column('bytea', { nullable: true }) binding!: Buffer | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}

/** Clicks that came together, from before they were answered until they are events. */
@Entity('link_click_journal')
@Index('link_click_journal_oldest', ['writtenAt'])
export class LinkClickBatch {
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'timestamptz', name: 'written_at', precision: 3 }) writtenAt!: Date;
  @Column({ type: 'timestamptz', name: 'claimed_until', precision: 3, nullable: true }) claimedUntil!: Date | null;
  @Column('jsonb') clicks!: RecordedClick[];
}

/** A click of nobody that is known: an event in all but its profile. */
@Entity('anonymous_clicks')
@Index('anonymous_clicks_link', ['linkId', 'occurredAt'])
export class AnonymousClick {
  @PrimaryColumn({ type: 'timestamptz', name: 'occurred_at', precision: 3 }) occurredAt!: Date;
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'link_id' }) linkId!: string;
  @Column({ type: 'timestamptz', name: 'received_at', precision: 3 }) receivedAt!: Date;
  @Column('jsonb') properties!: Record<string, unknown>;
}
