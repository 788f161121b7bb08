import { decoded } from './decoded.js';

/** Parts of a path that lead to what is one reader's own, or that do something for them when they are asked. */
const OWN_PLACE =
  /unsub|opt-?(out|in)|preference|passwor|kennwort|abmeld|desinscri|désinscri|magic-?link|one-?click|^(account|activate|auth|authenticate|challenge|checkouts|confirm|confirmation|customer|invitation|invite|log-?in|log-?out|me|my-?account|oauth|orders?|profile|recover|reset|sign-?in|sign-?out|sign-?up|sso|verify|verification|view-?in-?browser|webview)(\.\w+)?$/i;

/** Parameters that say who somebody is, or prove it. */
const OWN_PARAMETER =
  /^(access_?token|auth|contact(_?id)?|customer(_?id)?|e-?mail|email_?address|hash|hmac|jwt|key|otp|password|phone|secret|sig|sign|signature|state|subscriber(_?id)?|ticket|token|u?id_?token|uid|user(_?id|_?name)?)$/i;

const ADDRESS = /[^\s@/]@[^\s@/]+\.[a-z]/i;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/**
 * Whether a link may be one reader's own: to follow it would use a secret of theirs, or do something in their name, such as
 * unsubscribe them. Says so rather too often, and of what is no web link.
 */
export function isPersonalLink(href: string): boolean {
  const url = URL.canParse(href) ? new URL(href) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return true;
  const segments = url.pathname.split('/').map(decoded);
  if (segments.some((part) => OWN_PLACE.test(part) || isSecret(part))) return true;
  const within = [...url.searchParams, ...new URLSearchParams(url.hash.slice(1))];
  return within.some(
    ([name, value]) => (OWN_PARAMETER.test(name) && value !== '') || isSecret(value) || isNested(value),
  );
}

/** An address, or what nobody has written: long, with digits among letters. */
function isSecret(text: string): boolean {
  if (ADDRESS.test(text) || UUID.test(text)) return true;
  const isMixed = (run: string): boolean => /\d/.test(run) && /[a-z]/i.test(run);
  const isDrawn = /^[\w~=.-]{32,}$/.test(text) && /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);
  return isDrawn || (text.match(/[a-z0-9]{16,}/gi) ?? []).some(isMixed);
}

/** A link that stands within it is followed, too. */
function isNested(value: string): boolean {
  if (/^https?:\/\//i.test(value)) return isPersonalLink(value);
  return value.startsWith('/') && isPersonalLink(`https://within.invalid${value}`);
}
