import type { ProvisionOutcome, WantedSegment } from '../destination.js';
import { objectsIn } from './ask.js';

/** A segment as the App API lists it. */
export interface ListedSegment {
  id: string;
  name: string;
  description: string;
  isManual: boolean;
}

/** The segments of a list; an empty one may be null. */
export function segmentsIn(listed: unknown): ListedSegment[] {
  return objectsIn(listed).flatMap(({ id, name, description, type }) =>
    typeof id === 'number' && typeof name === 'string'
      ? [
          {
            id: String(id),
            name,
            description: typeof description === 'string' ? description : '',
            isManual: type === 'manual',
          },
        ]
      : [],
  );
}

/** What the description of a segment that is made says: to people, and to us. */
export function descriptionOf({ segmentId }: WantedSegment): string {
  return `Kept by Turnout: changes of its members by others are undone. turnout:segment=${segmentId}`;
}

/** Whose a segment is by the mark in its description: the key of a segment of Turnout. */
function ownerOf({ description }: ListedSegment): string | undefined {
  return /(?<!\S)turnout:segment=(\S+)/.exec(description)?.[1];
}

/**
 * Which of the segments that there are is the wanted one: the one that it was, one with our mark, or one of the name where it
 * is to be adopted. Undefined where it is still to be made. Others are never taken without a word from a person.
 */
export function chooseSegment(segments: readonly ListedSegment[], wanted: WantedSegment): ProvisionOutcome | undefined {
  const manual = segments.filter((one) => one.isManual);
  const marked = manual.filter((one) => ownerOf(one) === wanted.segmentId).sort((a, b) => Number(a.id) - Number(b.id));
  // Of several the oldest, so that everybody takes the same.
  const chosen = manual.find((one) => one.id === wanted.externalId) ?? marked[0];
  if (!chosen) return chooseNamesake(segments, wanted);
  const origin = ownerOf(chosen) === wanted.segmentId ? 'made' : 'adopted';
  // Where an answer was lost, and what it was about came into effect after all.
  const surplus = marked.filter((one) => one !== chosen).map((one) => one.id);
  const note = `segment ${surplus.join(', ')} bears the mark of this one, too; it is not used and can be deleted`;
  return { kind: 'ready', externalId: chosen.id, origin, ...(surplus.length > 0 && { note }) };
}

function chooseNamesake(
  segments: readonly ListedSegment[],
  { name, adopt }: WantedSegment,
): ProvisionOutcome | undefined {
  const namesakes = segments.filter((one) => one.name === name);
  const [one, ...others] = namesakes;
  if (!one) return undefined;
  const refused = (problem: string): ProvisionOutcome => ({ kind: 'refused', problem });
  const elsewhere = 'give another "name"';
  if (namesakes.some((other) => !other.isManual)) {
    return refused(`a data-driven segment is called "${name}", and its members can't be set: ${elsewhere}`);
  }
  const owner = namesakes.map(ownerOf).find((key) => key !== undefined);
  if (owner !== undefined) return refused(`"${name}" is what Turnout made for its segment "${owner}": ${elsewhere}`);
  if (others.length > 0) {
    const ids = namesakes.map((other) => other.id).join(', ');
    return refused(`several segments are called "${name}": give the number of the one as "segmentId" (${ids})`);
  }
  if (adopt) return { kind: 'ready', externalId: one.id, origin: 'adopted' };
  const choice = `publish it with "adopt": true, so that its members become ours, or ${elsewhere}`;
  return refused(`there is a segment "${name}" (${one.id}) that Turnout did not make: ${choice}`);
}
