import { hostileLike, hostileValue } from './hostile.js';
import type { Random } from './random.js';

/** Replaces a few values of a body, leaves some out, wraps some up, moves some elsewhere. The body itself is changed. */
export function mutate(root: Record<string, unknown>, random: Random): Record<string, unknown> {
  const places: [object: Record<string, unknown>, name: string][] = [];
  collectPlaces(root, places);
  if (places.length === 0) return { ...root, [String(hostileValue(random)).slice(0, 50)]: hostileValue(random) };
  for (let times = 1 + random.below(random.isIn(50) ? 1 : 4); times > 0; times--) {
    const [object, name] = random.pick(places);
    const kind = random.below(10);
    if (kind === 0) delete object[name];
    else if (kind === 1) put(object, name, [object[name]]);
    else if (kind === 2) put(object, name, String(object[name]));
    else if (kind === 3) put(object, random.pick(places)[1], object[name]);
    else put(object, name, kind < 7 ? hostileLike(object[name], random) : hostileValue(random));
  }
  return root;
}

/** Also under names like `__proto__`, as JSON has it. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function collectPlaces(object: Record<string, unknown>, places: [Record<string, unknown>, string][]): void {
  for (const name of Object.keys(object)) {
    places.push([object, name]);
    const inner = object[name];
    if (typeof inner === 'object' && inner !== null) collectPlaces(inner as Record<string, unknown>, places);
  }
}
