import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: the number of the last change to rules, CTAs, journeys or source histories, and of the last that memberships rest on. */
@Entity('catalogue')
@Check('catalogue_one_row', 'is_only')
export class Catalogue {
  @PrimaryColumn('boolean', { name: 'is_only', default: true }) isOnly!: boolean;
  @Column('bigint') revision!: string;
  @Column('bigint', { name: 'rules_revision' }) rulesRevision!: string;
}
