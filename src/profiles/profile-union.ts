import type { Identifier } from './identifier.js';

/** A profile that exists, or the n-th new one of a plan, as a negative number. */
export type PlannedProfile = number;

/** A profile that becomes part of another. */
export interface PlannedMerge {
  merged: number;
  into: number;
  /** The list that gave the evidence, by its index, and the identifier in it that led to the other profile. */
  list: number;
  identifier: Identifier;
}

type Evidence = Pick<PlannedMerge, 'list' | 'identifier'>;

/** Profiles that become one. The oldest, which has the lowest id, is the one that stays, in whatever order they are joined. */
export class ProfileUnion {
  private readonly parents = new Map<PlannedProfile, PlannedProfile>();
  private readonly held = new Map<PlannedProfile, Identifier[]>();
  private readonly evidence = new Map<PlannedProfile, Evidence>();
  private readonly changed = new Set<PlannedProfile>();

  constructor(known: ReadonlyMap<number, readonly Identifier[]>) {
    for (const [id, identifiers] of known) this.held.set(id, [...identifiers]);
  }

  rootOf(profile: PlannedProfile): PlannedProfile {
    let root = profile;
    for (let parent = this.parents.get(root); parent !== undefined; parent = this.parents.get(root)) root = parent;
    return root;
  }

  /** What leads to a profile, as far as it is known. */
  heldBy(profile: PlannedProfile): readonly Identifier[] {
    return this.held.get(this.rootOf(profile)) ?? [];
  }

  add(profile: PlannedProfile, identifier: Identifier): void {
    const root = this.rootOf(profile);
    this.held.set(root, [...(this.held.get(root) ?? []), identifier]);
    this.changed.add(root);
  }

  join(one: PlannedProfile, other: PlannedProfile, evidence: Evidence): void {
    const [stays, goes] = [this.rootOf(one), this.rootOf(other)].sort(byAge) as [PlannedProfile, PlannedProfile];
    this.held.set(stays, [...this.heldBy(stays), ...this.heldBy(goes)]);
    this.held.delete(goes);
    this.parents.set(goes, stays);
    this.evidence.set(goes, evidence);
    this.changed.add(stays);
  }

  /** Of the profiles that exist and stay, those that are to be known by more than before, with all that they are known by. */
  grown(): Map<number, readonly Identifier[]> {
    const roots = [...this.changed].map((profile) => this.rootOf(profile)).filter((root) => root > 0);
    return new Map(roots.map((root) => [root, this.heldBy(root)]));
  }

  /** Of the profiles that exist, those that go, each with the one that stays in the end. */
  merges(): PlannedMerge[] {
    return [...this.evidence]
      .filter(([profile]) => profile > 0)
      .map(([profile, evidence]) => ({ merged: profile, into: this.rootOf(profile), ...evidence }));
  }
}

/** Profiles that exist before new ones, the oldest first. */
function byAge(one: PlannedProfile, other: PlannedProfile): number {
  if (one > 0 !== other > 0) return one > 0 ? -1 : 1;
  return Math.abs(one) - Math.abs(other);
}
