import type { ProvisionOutcome, WantedSegment } from '../destination.js';
import { askApp, type AppFailure, type GatedAppApi } from './app-api.js';
import { objectsIn, type Asked } from './ask.js';
import { chooseSegment, descriptionOf, segmentsIn, type ListedSegment } from './choose-segment.js';

/** A creation that was not answered may still come into effect: it is looked for after so many timeouts. */
const TIMEOUTS_AFTER_SILENCE = 3;

/**
 * Makes a manual segment that is marked as ours, unless it is there already. There is no idempotency key, so that the list
 * is read first, each time: what was made and forgotten is found by its mark.
 */
export async function provisionSegment(api: GatedAppApi, wanted: WantedSegment): Promise<ProvisionOutcome> {
  const listed = await askApp(api, { method: 'GET', path: '/v1/segments' }, listIn);
  if ('kind' in listed) return listed;
  if ('failure' in listed) return failed(listed.failure);
  return chooseSegment(listed.read, wanted) ?? make(api, wanted);
}

async function make(api: GatedAppApi, wanted: WantedSegment): Promise<ProvisionOutcome> {
  const body = { segment: { name: wanted.name, description: descriptionOf(wanted) } };
  const made = await askApp(api, { method: 'POST', path: '/v1/segments', body }, madeIn);
  if ('kind' in made) return made;
  if ('read' in made) return { kind: 'ready', externalId: made.read.id, origin: 'made' };
  const outcome = failed(made.failure);
  if (outcome.kind !== 'retry' || made.failure.isBusy) return outcome;
  return { ...outcome, retryAfterMs: TIMEOUTS_AFTER_SILENCE * api.timeoutMs };
}

function listIn({ status, body }: Asked): ListedSegment[] | undefined {
  return status === 200 && body && 'segments' in body ? segmentsIn(body['segments']) : undefined;
}

function madeIn({ status, body }: Asked): ListedSegment | undefined {
  return status >= 200 && status < 300 ? segmentsIn(objectsIn([body?.['segment']]))[0] : undefined;
}

/** Credentials that are refused are mended by a person, and then all goes on by itself. */
function failed({ problem, mayPass, status, afterMs }: AppFailure): ProvisionOutcome {
  if (mayPass || status === 401 || status === 403) {
    return { kind: 'retry', reason: problem, ...(afterMs !== undefined && { retryAfterMs: afterMs }) };
  }
  return {
    kind: 'refused',
    problem: `${problem}: publish the segment again once that is mended, or give another "name"`,
  };
}
