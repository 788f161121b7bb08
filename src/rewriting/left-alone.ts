import { privatePlace } from '../templates/private-place.js';
import type { TemplateLink } from '../templates/template-link.js';

/** Why a link of a template is not tracked. */
export type LeftReason =
  | 'liquid'
  | 'untracked'
  | 'already-tracked'
  | 'unsubscribe'
  | 'account'
  | 'other-scheme'
  | 'anchor'
  | 'placeholder'
  | 'relative'
  | 'empty';

/** Merge tags of other tools that are no Liquid: they are put in when the message is sent. */
const PLACEHOLDER = /\*\|.*?\|\*|%%[\w.-]+%%|\[\[.*?\]\]|\$\{.*?\}/;

/** Undefined for a link that is to be tracked. `linkHosts`: where tracked links already lead. */
export function leftAlone(link: TemplateLink, linkHosts: ReadonlySet<string>): LeftReason | undefined {
  const { href } = link;
  if (link.liquid !== 'none') return 'liquid';
  if (href === '') return 'empty';
  if (link.isUntracked) return 'untracked';
  if (href.startsWith('#')) return 'anchor';
  if (PLACEHOLDER.test(href)) return 'placeholder';
  if (!/^[a-z][a-z0-9+.-]*:/i.test(href)) return 'relative';
  if (!/^https?:/i.test(href)) return 'other-scheme';
  const url = URL.canParse(href) ? new URL(href) : undefined;
  // What is no URL is refused with the reason when a link is to be made of it.
  if (!url) return undefined;
  return linkHosts.has(url.hostname) ? 'already-tracked' : privatePlace(url);
}
