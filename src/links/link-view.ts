import type { Instant } from '../core/instant.js';
import type { CtaCatalogue } from '../ctas/cta-catalogue.js';
import { clickProperties } from './declaration.js';
import type { DeclaredLink } from './link-declarer.js';
import type { LinkTokens } from './link-tokens.js';
import type { Message } from './links.entities.js';
import type { UtmValues } from './utm-values.js';

/** A link as the API shows it. */
export interface LinkView {
  id: string;
  /** What goes into a message. */
  url: string;
  shortUrl: string | null;
  domain: string;
  cta: string;
  /** As which call to action the catalogue would find it now; it may have changed since. */
  foundAs: string | null;
  destination: string;
  landingUrl: string;
  utm: UtmValues;
  channel: string | null;
  template: string | null;
  message: Message | null;
  /** Whether it is for one profile. */
  isBound: boolean;
  state: 'live' | 'expired' | 'disabled';
  createdAt: string;
  expiresAt: string;
  disabledAt: string | null;
}

export function linkView(
  { link, binding, code }: DeclaredLink,
  { tokens, catalogue, at }: { tokens: LinkTokens; catalogue: CtaCatalogue; at: Instant },
): LinkView {
  const expiresAt = link.expiresAt.getTime();
  return {
    id: link.id,
    url: `https://${link.domain}/l/${tokens.write({ link: link.id, binding, expiresAt })}`,
    shortUrl: code ? `https://${link.domain}/l/${tokens.writeShort(code)}` : null,
    domain: link.domain,
    cta: link.cta,
    foundAs: catalogue.ofClick(clickProperties(link))?.cta ?? null,
    destination: link.destination,
    landingUrl: link.landingUrl,
    utm: link.utm,
    channel: link.channel,
    template: link.template,
    message: link.message,
    isBound: binding !== undefined,
    state: link.disabledAt ? 'disabled' : at < expiresAt ? 'live' : 'expired',
    createdAt: link.createdAt.toISOString(),
    expiresAt: link.expiresAt.toISOString(),
    disabledAt: link.disabledAt?.toISOString() ?? null,
  };
}
