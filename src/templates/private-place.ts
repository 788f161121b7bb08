/** What a path says that leads to where somebody leaves, or proves who they are: a hop in between must not see or break it. */
const UNSUBSCRIBE = /unsubscri|opt[-_]?out|email[-_]preferences|subscription[-_]preferences|manage[-_]preferences/i;
const ACCOUNT =
  /(^|[/_.-])(password|passwd|reset|magic[-_]?link|verify|verification|confirm|activate|activation|login|signin|sign-in|2fa|otp)([/_.-]|$)/i;
const SECRETS = /[?&](reset|confirmation|verification|magic|login|auth|access)[-_]?(token|code|key)=/i;

/** Where a link of a template leads that is no click on anything: out of a list, or into somebody's account. */
export function privatePlace({ hostname, pathname, search }: URL): 'unsubscribe' | 'account' | undefined {
  if (UNSUBSCRIBE.test(hostname + pathname)) return 'unsubscribe';
  return ACCOUNT.test(pathname) || SECRETS.test(search) ? 'account' : undefined;
}
