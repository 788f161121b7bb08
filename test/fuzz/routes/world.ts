import type { Random } from '../random.js';

/** Which collection a parameter, or a property of a body, names something of. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  segment: 'segments',
  cta: 'ctas',
  primary: 'ctas',
  secondary: 'ctas',
  journey: 'journeys',
  branchPoint: 'branch-points',
  branch_point: 'branch-points',
  link: 'links',
  domain: 'link-domains',
  sendingDomain: 'link-domains',
  source: 'sources',
  destination: 'destinations',
  identifier: 'profiles',
  version: 'versions',
  against: 'versions',
  apiKey: 'api-keys',
  after: 'cursors',
};

const MOST_OF_A_COLLECTION = 12;

/** The names of what there may be in the service: a few that people choose, and those that its answers tell of. */
export class World {
  private readonly names = new Map<string, string[]>([
    ['segments', ['clickers', 'vip', 'members', 'x.y_z']],
    ['ctas', ['cart', 'reorder', 'story']],
    ['journeys', ['winback', 'welcome']],
    ['branch-points', ['after-cart', 'p2']],
    ['destinations', ['customerio', 'crm', 'ga4']],
    ['link-domains', ['go.example.com', 'l.shop.example.com']],
    ['profiles', ['customer_id:7', 'customer_id:42', 'email:ada@example.com', 'customer_id:nobody']],
    ['sources', ['customerio', 'shopify', 'segment', 'import']],
    ['versions', ['1', '2', '3']],
    ['imports', ['events-2026']],
  ]);

  /** `untouched`: what the fuzz itself lives by. */
  constructor(private readonly untouched: ReadonlySet<string>) {}

  /** A name of what a parameter of that name stands for, below a path; undefined where it names nothing. */
  pick(name: string, path: string, random: Random): string | undefined {
    const isOwn = name === 'key' || path.includes(`{${name}}`);
    const collection = COLLECTIONS[name] ?? (isOwn ? collectionBefore(path, name) : '');
    const names = this.names.get(collection);
    return names && random.pick(names);
  }

  /** Takes the ids and cursors out of what was answered at a path. */
  learn(path: string, answer: unknown, random: Random): void {
    const collection = collectionBefore(path, 'id');
    for (const [name, value] of namedTexts(answer, 3)) {
      if (name === 'next') this.add('cursors', value, random);
      else if (/^(id|.*_id|profileId)$/.test(name) && !this.untouched.has(value)) this.add(collection, value, random);
    }
  }

  private add(collection: string, name: string, random: Random): void {
    const names = this.names.get(collection) ?? [];
    this.names.set(collection, names);
    if (names.includes(name)) return;
    if (names.length < MOST_OF_A_COLLECTION) names.push(name);
    else names[random.below(names.length)] = name;
  }
}

/** `segments` for the `key` of `/v1/segments/{key}/draft`; the last part of the path where the parameter is in no part of it. */
function collectionBefore(path: string, name: string): string {
  const parts = path.split('/');
  const at = parts.indexOf(`{${name}}`);
  if (at > 0) return parts[at - 1]!;
  return parts.filter((part) => part !== '' && !part.startsWith('{'))[1] ?? '';
}

function namedTexts(value: unknown, levels: number): [string, string][] {
  if (typeof value !== 'object' || value === null || levels === 0) return [];
  const entries = Array.isArray(value) ? value.slice(0, 10).map((one) => ['', one] as const) : Object.entries(value);
  return entries.flatMap(([name, inner]): [string, string][] =>
    typeof inner === 'string' ? [[name, inner]] : namedTexts(inner, Array.isArray(inner) ? levels : levels - 1),
  );
}
