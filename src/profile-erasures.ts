import { Injectable } from '@nestjs/common';
import type { Addressee } from './destinations/destination.js';
import type { Transaction } from './platform/database.js';
import { ErasedStore } from './profiles/erased-store.js';
import { identifier, identifierKey, type Identifier } from './profiles/identifier.js';
import { Erasures } from './sync/erasures.js';

/** What reconciliation must know of those who were erased. */
@Injectable()
export class ProfileErasures extends Erasures {
  constructor(private readonly erased: ErasedStore) {
    super();
  }

  override async countAmong(tx: Transaction, strangers: readonly Addressee[]): Promise<number> {
    if (strangers.length === 0) return 0;
    const named = strangers.map(identifiersOf);
    const found = await this.erased.among(tx, named.flat());
    return named.filter((own) => own.some((one) => found.has(identifierKey(one)))).length;
  }
}

/** As they are kept. */
function identifiersOf({ customerId, cioId, email }: Addressee): Identifier[] {
  return [identifier('customer_id', customerId), identifier('cio_id', cioId), identifier('email', email)].filter(
    (one) => one !== undefined,
  );
}
