import { toIso, type Instant } from '../core/instant.js';
import { showBecause } from '../core/simulate.js';
import type { Standing } from './membership-reader.js';

/** How a profile stands to a segment, as the API shows it. */
export function shownStanding({ segment, evaluation, leavesAt, because, notCounted }: Standing) {
  const { value, isMember } = evaluation;
  return {
    segment: segment.key,
    version: segment.version,
    isMember,
    value: value === 'true' || value === 'false' ? value : 'undetermined',
    ...(value === 'pending' && { undetermined: 'pending' }),
    ...(value === 'insufficient' && { undetermined: 'insufficient_history' }),
    asOf: toIso(evaluation.asOf),
    settlesAt: isoOrNull(evaluation.settlesAt),
    changesAt: isoOrNull(evaluation.nextChangeAt),
    ...(isMember && { leavesAt: isoOrNull(leavesAt) }),
    because: showBecause(because),
    ...(notCounted.length > 0 && { notCounted }),
  };
}

function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : toIso(at);
}
