/**
 * How a segment's members are told to Customer.io: as members of a manual segment, by its number, or of one that is made for
 * them (`vip`), whose number is not known beforehand; as an attribute of theirs that is true or false (`attribute:vip`); or
 * by an event whenever they come or go (`event:vip`).
 */
export type SegmentPlace =
  { as: 'segment'; id: string } | { as: 'made'; key: string } | { as: 'attribute' | 'event'; name: string };

const LONGEST_NAME_BYTES = 150;

/** Attributes that are more than that to Customer.io: by them it knows people, leaves them alone, or reads a request. */
const MEANINGFUL = /^attribute:(_.*|cio_.*|id|email|phone|anonymous_id|created_at|unsubscribed)$/is;

/** Undefined for what is none. */
export function segmentPlace(externalSegmentId: string): SegmentPlace | undefined {
  if (/^[1-9]\d{0,17}$/.test(externalSegmentId)) return { as: 'segment', id: externalSegmentId };
  if (/^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(externalSegmentId))
    return { as: 'made', key: externalSegmentId };
  if (MEANINGFUL.test(externalSegmentId)) return undefined;
  const named = /^(attribute|event):(.+)$/s.exec(externalSegmentId);
  if (!named || Buffer.byteLength(named[2]!) > LONGEST_NAME_BYTES) return undefined;
  return { as: named[1] as 'attribute' | 'event', name: named[2]! };
}

/** What is wrong with the name of a segment; undefined if nothing is. */
export function segmentProblem(externalSegmentId: string): string | undefined {
  if (segmentPlace(externalSegmentId)) return undefined;
  if (MEANINGFUL.test(externalSegmentId)) {
    return 'segmentId is the name of an attribute that means something to Customer.io: give another one';
  }
  return 'segmentId must be the number of a manual segment in Customer.io, or what one is to be made for';
}

/** Whether a manual segment is to be made for it. */
export function isMade(externalSegmentId: string): boolean {
  return segmentPlace(externalSegmentId)?.as === 'made';
}
