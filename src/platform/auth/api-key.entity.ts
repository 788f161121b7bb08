import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { Scope } from './access.js';

/** A key of the API; the key itself is not kept. */
@Entity('api_keys')
@Unique('api_keys_key_digest', ['keyDigest'])
export class ApiKey {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('bytea', { name: 'key_digest' }) keyDigest!: Buffer;
  /** The first characters of the key, to recognise it. */
  @Column('text') prefix!: string;
  @Column('text', { array: true }) scopes!: Scope[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  /** Exact to a minute. */
  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, nullable: true }) lastUsedAt!: Date | null;
  /** From then on it is refused. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true }) expiresAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true }) revokedAt!: Date | null;
}
