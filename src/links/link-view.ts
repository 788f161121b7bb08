import type { Instant } from '../core/instant.js';
import type { CtaCatalogue } from '../ctas/cta-catalogue.js';
import { clickProperties } from './declaration.js';
import type { DeclaredLink } from './link-declarer.js';
import type { LinkTokens } from './link-tokens.js';

/** A link as the API shows it. `url` is what goes into a message. */
export function linkView(
  { link, binding, code }: DeclaredLink,
  { tokens, catalogue, at }: { tokens: LinkTokens; catalogue: CtaCatalogue; at: Instant },
) {
  const expiresAt = link.expiresAt.getTime();
  return {
    id: link.id,
    url: `https://${link.domain}/l/${tokens.write({ link: link.id, binding, expiresAt })}`,
    shortUrl: code ? `https://${link.domain}/l/${tokens.writeShort(code)}` : null,
    domain: link.domain,
    cta: link.cta,
    // The catalogue may have changed since.
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
