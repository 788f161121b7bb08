/**
 * Into how many lanes the profiles are divided. Fixed for the life of an installation: the lane is the first part of
 * every key of a profile's data, the unit of claiming, and the distribution column on a cluster.
 */
export const LANES = 64;

/** The lane of a profile. Ids come from a sequence, so the remainder spreads them evenly. */
export function laneOfProfile(profileId: number): number {
  return profileId % LANES;
}

/** The lane of anything that is looked up by a text, such as an identifier: FNV-1a, the same in every release. */
export function laneOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > LAST_ASCII) return laneOfBytes(Buffer.from(text));
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return laneOfHash(hash);
}

/** Of these, a text is its bytes. */
const LAST_ASCII = 0x7f;

function laneOfBytes(bytes: Buffer): number {
  return laneOfHash(bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5));
}

function laneOfHash(hash: number): number {
  return (hash ^ (hash >>> 16)) % LANES;
}
