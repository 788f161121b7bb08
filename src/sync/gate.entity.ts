import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How requests to one family of a destination's endpoints are paced, and whether they are made at all; for every process. */
@Entity('destination_gates')
export class DestinationGate {
  @PrimaryColumn('text') destination!: string;
  @PrimaryColumn('text') family!: string;
  /** When the next request would be due if none were allowed ahead of its time. */
  @Column({ type: 'timestamptz', name: 'next_at' }) nextAt!: Date;
  /** One for each request under way: when its sender must be gone. */
  @Column({ type: 'timestamptz', array: true, default: '{}' }) leases!: Date[];
  /** Requests a second to which it was slowed down when it was last asked to go slower; from then on it gains speed again. */
  @Column('double precision', { name: 'slowed_rate', nullable: true }) slowedRate!: number | null;
  @Column({ type: 'timestamptz', name: 'slowed_at', precision: 3, nullable: true }) slowedAt!: Date | null;
  /** Until when the destination asked to be left alone. */
  @Column({ type: 'timestamptz', name: 'busy_until', precision: 3, nullable: true }) busyUntil!: Date | null;
  /** Requests in a row that were not answered. */
  @Column('integer', { default: 0 }) failures!: number;
  /** How often it was opened since something was last answered; 0: requests pass. */
  @Column('integer', { default: 0 }) trips!: number;
  /** Nothing passes until then, and after that one request at a time. */
  @Column({ type: 'timestamptz', name: 'open_until', precision: 3, nullable: true }) openUntil!: Date | null;
  /** What the last request that was not answered came to. */
  @Column('text', { nullable: true }) failure!: string | null;
}
