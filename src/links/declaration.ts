import { createHash } from 'node:crypto';
import type { Properties } from '../core/property.js';
import { MESSAGE_KINDS } from '../ctas/message-context.js';
import { cleanText, keptParameters, propertiesOf, queryOf } from '../sources/kept-properties.js';
import type { Message, TrackedLink } from './links.entities.js';
import type { UtmValues } from './utm-values.js';

/** A link as somebody declares it. */
export interface Declaration {
  domain: string;
  cta: string;
  destination: string;
  utm: UtmValues;
  channel: string | null;
  template: string | null;
  message: Message;
  /** In whole seconds; null: as long as links live. */
  expiresAt: number | null;
}

/** The same for the same declaration, in whatever order its parts stand. */
export function declarationDigest(link: Declaration): Buffer {
  const parts = [
    ...[link.domain, link.cta, link.destination, inOrder(link.utm), link.channel, link.template],
    ...[inOrder(link.message), link.expiresAt],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function inOrder(object: object): unknown {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}

const LONGEST_HREF = 4_000;

/** Names that a link's parameters can't claim. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  ...MESSAGE_KINDS,
  ...['action_id', 'delivery_id', 'link_id', 'channel', 'template', 'tracked_link', 'href', 'clicked_href'],
  ...['actor_class', 'actor_signals', 'address_hash', 'agent_hash', 'cta', 'cta_kind', 'actor_reasons'],
]);

/** What a click on a link says, by the names that Customer.io's clicks have: rules can't tell the two apart. */
export function clickProperties(
  link: Pick<TrackedLink, 'id' | 'landingUrl' | 'channel' | 'template' | 'message'>,
): Properties {
  const parameters = keptParameters(queryOf(link.landingUrl));
  return propertiesOf([
    ...[...parameters].filter(([name]) => !OWN_NAMES.has(name)),
    ...Object.entries(link.message),
    ['channel', link.channel ?? undefined],
    ['template', link.template ?? undefined],
    ['tracked_link', link.id],
    ['href', cleanText(link.landingUrl, LONGEST_HREF)],
  ]);
}
