import { ask, objectsIn, type Api } from './ask.js';
import { segmentsIn } from './choose-segment.js';
import { segmentPlace } from './segment-place.js';

/** Somebody waits for the answer, and goes on without it. */
const LONGEST_MS = 2_000;

/** What to do about it. */
export const ELSEWHERE = 'publish it with the number of another one, or without "segmentId" to have one made';

/** What keeps a segment that was named by its number from being pushed to, as far as the App API says. */
export async function segmentWarning(app: Api, segmentId: string): Promise<string | undefined> {
  if (segmentPlace(segmentId)?.as !== 'segment') return undefined;
  const api = { ...app, timeoutMs: Math.min(app.timeoutMs, LONGEST_MS) };
  const { status, body } = await ask(api, 'GET', `/v1/segments/${segmentId}`);
  const [segment] = status === 200 ? segmentsIn(objectsIn([body?.['segment']])) : [];
  if (status === 404) return `Customer.io has no segment ${segmentId} and will refuse all members: ${ELSEWHERE}`;
  if (!segment || segment.isManual) return undefined;
  return `segment ${segmentId} ("${segment.name}") of Customer.io is data-driven, and its members can't be set: ${ELSEWHERE}`;
}
