import type { Chance } from '../support/random-life.js';
import type { Gate } from './gates.js';
import type { Tally } from './tally.js';
import type { SendFate } from './virtual-network.js';
import type { StatementFate } from './virtual-postgres.js';

/** How often each kind of thing goes wrong, from 0 to 1: another mixture for each seed, so that none hides another. */
export interface Temper {
  crash: number;
  statement: number;
  destination: number;
  queue: number;
}

export function drawTemper(chance: Chance): Temper {
  const some = (most: number): number => (chance.happens(0.3) ? 0 : most * chance.next());
  return { crash: some(0.012), statement: some(0.2), destination: some(0.6), queue: some(0.4) };
}

/** What a statement may be answered: another transaction in the way, a limit, the server shutting down. */
const STATES = ['40P01', '40001', '57014', '53300', '57P01'] as const;

export function statementFate(chance: Chance, { label }: Gate, temper: Temper, tally: Tally): StatementFate {
  if (chance.happens(temper.crash)) {
    tally.add('process killed after a statement');
    return { kind: 'dies after' };
  }
  if (!chance.happens(temper.statement)) return { kind: 'runs' };
  const kind = chance.of(['fails', 'fails', 'cut before', 'cut after'] as const);
  if (kind !== 'fails') {
    tally.add(`connection ${kind} a statement`.replace('cut', 'lost'));
    return { kind };
  }
  // A server never refuses to roll back: the connection is lost, or it does.
  if (label.startsWith('ROLLBACK')) return { kind: 'runs' };
  const state = chance.of(STATES);
  tally.add(`statement failed with ${state}`);
  return { kind, state };
}

const SEND_FATES: readonly SendFate[] = [
  { kind: 'status', code: 429, headers: { 'Retry-After': '2' } },
  { kind: 'status', code: 429 },
  { kind: 'status', code: 500 },
  { kind: 'status', code: 503, headers: { 'Retry-After': '1' } },
  { kind: 'status', code: 400 },
  { kind: 'status', code: 401 },
  { kind: 'timeout', isApplied: false },
  { kind: 'timeout', isApplied: true },
  { kind: 'reset', isApplied: false },
  { kind: 'reset', isApplied: true },
  { kind: 'garbled' },
  { kind: 'empty' },
  { kind: 'ignored' },
];

export function sendFate(chance: Chance, { label }: Gate, temper: Temper, tally: Tally): SendFate {
  if (!chance.happens(temper.destination)) return { kind: 'answered' };
  const fate = chance.of(SEND_FATES);
  // Only memberships can be read back: of other things that are ignored nobody could know.
  if (fate.kind === 'ignored' && !label.includes('/segments/')) return { kind: 'answered' };
  if (fate.kind === 'ignored' && label.startsWith('GET')) return { kind: 'answered' };
  tally.add(`destination: ${nameOf(fate)}`);
  return fate;
}

function nameOf(fate: SendFate): string {
  if (fate.kind === 'status') return `status ${fate.code}`;
  if (fate.kind === 'timeout' || fate.kind === 'reset')
    return `${fate.kind} ${fate.isApplied ? 'after' : 'before'} applying`;
  return fate.kind;
}
