import type { CompiledPattern } from './compiled-pattern.js';
import type { MessageContext } from './message-context.js';
import type { Link } from './normalise-href.js';

/**
 * Finds the few patterns that a link could match among many. Each pattern is filed once, under what is rare of all that it
 * asks for: its message and link; or its host, the first piece of its path and an exact parameter; or its tag.
 */
export class PatternIndex<P extends CompiledPattern> {
  private readonly filed = new Map<string, P[]>();
  private readonly parameters = new Set<string>();
  private hasHostSuffixes = false;

  constructor(patterns: Iterable<P>) {
    for (const pattern of patterns) {
      const place = this.placeOf(pattern);
      const known = this.filed.get(place);
      if (known) known.push(pattern);
      else this.filed.set(place, [pattern]);
    }
  }

  /** Every pattern that could match is among them. */
  candidates(link: Link, context: MessageContext): P[] {
    const found: P[] = [];
    for (const place of this.placesOf(link, context)) found.push(...(this.filed.get(place) ?? []));
    return found;
  }

  private placeOf({ message, action, link, tag, host, path, query }: P): string {
    if (message !== undefined) return `message ${message} ${link ?? ''}`;
    if (action !== undefined) return `action ${action} ${link ?? ''}`;
    const piece = path === undefined ? undefined : firstPieceOf(path);
    const exact = query.find(([, test]) => typeof test === 'string');
    if (tag !== undefined && host === undefined && piece === undefined && !exact) return `tag ${tag}`;
    if (host?.startsWith('*.')) this.hasHostSuffixes = true;
    const place = `${host ?? ''} ${piece ?? ''}`;
    if (!exact) return place;
    this.parameters.add(exact[0]);
    return withParameter(place, exact[0], exact[1] as string);
  }

  private placesOf(link: Link, { message, action, link: linkId, tag }: MessageContext): string[] {
    const piece = firstPieceOf(link.path) ?? '';
    const places = [' ', ` ${piece}`, `${link.host} `, `${link.host} ${piece}`];
    if (this.hasHostSuffixes) {
      for (let dot = link.host.indexOf('.'); dot >= 0; dot = link.host.indexOf('.', dot + 1)) {
        const suffix = `*${link.host.slice(dot)} `;
        places.push(suffix, suffix + piece);
      }
    }
    const bare = places.length;
    for (const [name, value] of this.parameters.size > 0 ? link.query : []) {
      if (!this.parameters.has(name)) continue;
      for (let index = 0; index < bare; index++) places.push(withParameter(places[index]!, name, value));
    }
    if (message !== undefined) places.push(`message ${message} `, `message ${message} ${linkId}`);
    if (action !== undefined) places.push(`action ${action} `, `action ${action} ${linkId}`);
    if (tag !== undefined) places.push(`tag ${tag}`);
    return places;
  }
}

/** No space stands in a host or a path. */
function withParameter(place: string, name: string, value: string): string {
  return `${place} ${name}=${value}`;
}

/** `/refill` of `/refill/beans` and of `/refill/*`; undefined where a star stands in it. */
function firstPieceOf(path: string): string | undefined {
  const end = path.indexOf('/', 1);
  const piece = end < 0 ? path : path.slice(0, end);
  return piece.includes('*') ? undefined : piece;
}
