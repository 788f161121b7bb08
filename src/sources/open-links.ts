import type { Properties } from '../core/property.js';
import { CLICK } from '../ctas/click-class.js';
import type { IncomingEvent } from '../profiles/incoming-event.js';

/** Tracked links that are the same for everybody, such as those of a template: a port, since sources know nothing of links. */
export abstract class OpenLinks {
  /** By address, what a click on such a link says of it. */
  abstract clicksOn(addresses: readonly string[]): Promise<ReadonlyMap<string, Properties>>;
}

interface HasEvent {
  event: IncomingEvent;
}

/**
 * A click on an open link as the sending tool tells it is one on the page that the link leads to. Our redirector counts it,
 * too, but only the tool knows whose it is.
 */
export async function followed<T extends object>(items: readonly T[], links: OpenLinks): Promise<readonly T[]> {
  const addresses = items.flatMap((item) => addressIn(item) ?? []);
  if (addresses.length === 0) return items;
  const known = await links.clicksOn([...new Set(addresses)]);
  return items.map((item) => {
    const address = addressIn(item);
    const said = address === undefined ? undefined : known.get(address);
    return said ? { ...item, event: onLink((item as T & HasEvent).event, said) } : item;
  });
}

/** The address of a click that may be one of ours. */
function addressIn(item: object): string | undefined {
  const { event } = item as Partial<HasEvent>;
  if (event?.name !== CLICK) return undefined;
  const { href } = event.properties;
  return typeof href === 'string' && href.includes('/l/') ? href : undefined;
}

/** UTM values that a tool appends to the address never get to the shop: what counts are the link's own. */
function onLink(event: IncomingEvent, said: Properties): IncomingEvent {
  const told = Object.entries(event.properties).filter(([name]) => !name.startsWith('utm_'));
  return { ...event, properties: { ...Object.fromEntries(told), ...said, clicked_href: event.properties['href'] } };
}
