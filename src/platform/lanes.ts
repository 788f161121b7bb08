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
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (hash ^ (hash >>> 16)) % LANES;
}
