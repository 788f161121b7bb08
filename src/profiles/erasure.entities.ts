import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A keyed hash of an identifier of somebody who was erased: what names it is turned away. */
@Entity('erased_identifiers')
export class ErasedIdentifier {
  @PrimaryColumn('bytea') hash!: Buffer;
  @Column({ type: 'timestamptz', name: 'erased_at', precision: 3 }) erasedAt!: Date;
}

/** A secret that the installation made for itself. */
@Entity('installation_secrets')
export class InstallationSecret {
  @PrimaryColumn('text') name!: string;
  @Column('bytea') value!: Buffer;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}
