import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { Figure } from './figure.js';
import { FIGURE_TABLES } from './figure-tables.js';

/** What a profile adds to the figures of a month. Triggers note the difference that a change of it makes. */
@Entity('link_report_month_shares')
export class LinkReportMonthShare {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  /** Its first day. */
  @PrimaryColumn('date') month!: string;
  /** Of the figures, as whoever wrote them made it: equal figures need not be written again. */
  @Column('text') digest!: string;
  @Column('jsonb') figures!: Figure[];
}

abstract class Measures {
  @Column('bigint', { default: 0 }) human!: string;
  @Column('bigint', { default: 0 }) suspect!: string;
  @Column('bigint', { default: 0 }) machine!: string;
  @Column('bigint', { default: 0 }) clickers!: string;
  @Column('bigint', { default: 0, name: 'week_clickers' }) weekClickers!: string;
  @Column('bigint', { default: 0, name: 'month_clickers' }) monthClickers!: string;
  @Column('bigint', { default: 0 }) deliveries!: string;
  @Column('bigint', { default: 0 }) clicked!: string;
  @Column('bigint', { default: 0 }) conversions!: string;
  @Column('bigint', { default: 0 }) days!: string;
  @Column('bigint', { default: 0, name: 'lag_ms' }) lagMs!: string;
  @Column('numeric', { default: 0 }) revenue!: string;
}

/** The sum of what all profiles add in a period, up to the changes that wait. Rows in which nothing is left are removed. */
abstract class Sums extends Measures {
  @PrimaryColumn('text') cut!: string;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('date') day!: string;
  @PrimaryColumn('text', { array: true }) value!: (string | null)[];
  @PrimaryColumn('smallint') step!: number;
  @PrimaryColumn('text') currency!: string;
}

@Entity(FIGURE_TABLES.day)
export class LinkReportDay extends Sums {}

@Entity(FIGURE_TABLES.week)
export class LinkReportWeek extends Sums {}

@Entity(FIGURE_TABLES.month)
export class LinkReportMonth extends Sums {}

/** A difference that waits to be added to the figures. A report adds it by itself. */
@Entity('link_report_changes')
export class LinkReportChange extends Measures {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') cut!: string;
  @Column('text') kind!: string;
  @Column('date') day!: string;
  @Column('text', { array: true }) value!: (string | null)[];
  @Column('smallint') step!: number;
  @Column('text') currency!: string;
}

/** How many clicks of nobody known a link had on a day (in UTC), by what the redirector saw of them. Kept by triggers. */
@Entity('anonymous_click_days')
@Index('anonymous_click_days_link', ['linkId', 'day'])
export class AnonymousClickDay {
  @PrimaryColumn('date') day!: string;
  @PrimaryColumn('text', { name: 'link_id' }) linkId!: string;
  /** As a click has them, in JSON; empty where there are none. */
  @PrimaryColumn('text') signals!: string;
  @Column('bigint') clicks!: string;
}
