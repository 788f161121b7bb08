import type { Properties } from '../core/property.js';
import { CLICK } from '../ctas/click-class.js';
import { RecentResults } from '../ctas/recent-results.js';
import type { IncomingEvent } from '../profiles/incoming-event.js';

/** Tracked links that are the same for everybody, such as those of a template: a port, since sources know nothing of links. */
export abstract class OpenLinks {
  /** By address, what a click on such a link says of it, now and ever. */
  abstract clicksOn(addresses: readonly string[]): Promise<ReadonlyMap<string, Properties>>;
}

const RECENT = 1_000;

/**
 * Follows the links that clicks are on. A click on an open link as the sending tool tells it is one on the page that the link
 * leads to: our redirector counts it, too, but only the tool knows whose it is.
 */
export class LinkFollower {
  /** What a message of a campaign links to is clicked again and again. */
  private readonly recent = new RecentResults<Properties>(RECENT);

  constructor(private readonly links: OpenLinks) {}

  async follow<T extends { source: string; event?: IncomingEvent }>(items: readonly T[]): Promise<readonly T[]> {
    const addresses = [...new Set(items.flatMap((item) => addressIn(item) ?? []))];
    if (addresses.length === 0) return items;
    const known = await this.known(addresses);
    return items.map((item) => {
      const said = known.get(addressIn(item) ?? '');
      return said && item.event ? { ...item, event: onLink(item.event, said) } : item;
    });
  }

  private async known(addresses: readonly string[]): Promise<ReadonlyMap<string, Properties>> {
    const known = new Map<string, Properties>();
    for (const address of addresses) {
      const said = this.recent.get(address);
      if (said) known.set(address, said);
    }
    const others = addresses.filter((address) => !known.has(address));
    if (others.length === 0) return known;
    for (const [address, said] of await this.links.clicksOn(others)) {
      this.recent.set(address, said);
      known.set(address, said);
    }
    return known;
  }
}

/** The address of a click that may be one of ours. */
function addressIn({ event }: { event?: IncomingEvent }): string | undefined {
  if (event?.name !== CLICK) return undefined;
  const { href } = event.properties;
  return typeof href === 'string' && href.includes('/l/') ? href : undefined;
}

/** UTM values that a tool appends to the address never get to the shop: what counts are the link's own. */
function onLink(event: IncomingEvent, said: Properties): IncomingEvent {
  const told = Object.entries(event.properties).filter(([name]) => !name.startsWith('utm_'));
  return { ...event, properties: { ...Object.fromEntries(told), ...said, clicked_href: event.properties['href'] } };
}
