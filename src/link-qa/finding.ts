export const SEVERITIES = ['error', 'warning', 'info'] as const;

/** `error`: readers end where they should not, or it can't be told whose they were. `warning`: likely, or for some. */
export type Severity = (typeof SEVERITIES)[number];

/** Something about a link, or about several together, that is worth mending or knowing. */
export interface Finding {
  code: FindingCode;
  severity: Severity;
  says: string;
  /** The address at which it shows; empty: the link itself, in its template. */
  where: string;
  /** What it is about there, such as a parameter; empty where it is about the address. */
  about: string;
  /** Keys of the clients that met it; none: it was seen without walking. */
  clients: readonly string[];
  mend: string;
}

/** Every kind of finding, how grave it is, and how to mend it. */
const KINDS = {
  'no-url': ['error', 'Correct the address in the template.'],
  'no-scheme': ['error', 'Begin the address with https://.'],
  'empty-link': ['warning', 'Give the link an address, or take it out.'],
  'script-link': ['error', 'Mail programs run no scripts: link to a page.'],
  'template-expression': ['info', 'Give a value for the expression, so that the link can be walked.'],
  spaces: ['warning', 'Write spaces in addresses as %20.'],
  'double-escaped': ['error', 'Write & in the address once as &amp;, not as &amp;amp;.'],
  'no-question-mark': ['error', 'Parameters begin after the first "?" and are divided by "&".'],
  'second-question-mark': ['error', 'Append parameters to an address that has some with "&".'],
  'plain-http': ['warning', 'Link to the https:// address itself.'],
  'url-long': ['warning', 'Shorten the address; mail security and older programs cut off long ones.'],
  'not-2xx': ['error', 'Link to a page that exists, or publish this one.'],
  'no-answer': ['error', 'See whether the host is up, and whether its name leads to it.'],
  'tls-invalid': ['error', 'Renew the certificate of the host, with its whole chain and for this very name.'],
  'tls-expiring': ['warning', 'Renew the certificate before it ends.'],
  'forbidden-address': [
    'error',
    'The redirect leads into a private network, or is not fit for the public: correct it.',
  ],
  loop: ['error', 'Two redirects send readers to each other: take one out.'],
  'too-many-redirects': ['error', 'Link to where the redirects end.'],
  'chain-long': ['warning', 'Link nearer to where the redirects end.'],
  'bad-redirect': ['error', 'Correct the Location header of the redirect.'],
  'left-web': ['warning', 'Lead to an https:// page, which may open the app; not every program knows the scheme.'],
  'https-downgrade': ['error', 'Correct the redirect so that it leads to https://.'],
  'wrong-host': ['error', 'Correct the link or the redirect, or expect this host, too.'],
  'slow-hop': ['warning', 'Find out what takes so long; readers leave before the page is there.'],
  'out-of-time': ['error', 'Find out what takes so long; readers leave before the page is there.'],
  'page-unfinished': ['warning', 'See why the page does not end in good time.'],
  'parameter-lost': ['error', 'Have the redirect pass on the query, or link to where it leads.'],
  'parameter-changed': ['error', 'Have the redirect pass on the value as it is, or link to where it leads.'],
  'parameter-doubled': ['error', 'Append the parameter in one place alone.'],
  'discount-not-set': [
    'error',
    'See whether the discount exists and is active; Shopify then sets the cookie discount_code.',
  ],
  'discount-redirect-ignored': [
    'error',
    'Write the redirect as a path of the shop, encoded: ?redirect=%2Fproducts%2Fbeans.',
  ],
  'discount-ambiguous': ['error', 'Name one discount: in the path, or as a parameter.'],
  'discount-goes-home': ['info', 'Add ?redirect=%2F… so that readers land where the message leads them.'],
  'cart-not-filled': ['warning', 'See whether the variants of the cart link still exist.'],
  'third-party-cookies': [
    'warning',
    'A host that is not yours can recognise your readers: ask for consent, or leave its redirect out.',
  ],
  'script-redirect': ['warning', 'Redirect with status 301 or 302; scripts drop parameters and do not run everywhere.'],
  'meta-refresh': ['warning', 'Redirect with status 301 or 302; some programs do not follow a refresh.'],
  'soft-404': ['warning', 'The page says that there is nothing: link to one that exists.'],
  'went-home': ['warning', 'The page is gone and readers are sent to the front page: link to one that exists.'],
  'login-wall': ['error', 'Link to a page that readers may see without an account.'],
  'robot-wall': ['warning', 'Open the link by hand, or let the checker in: its user agent ends in TurnoutLinkCheck.'],
  'clients-differ': ['warning', 'Have all clients led alike, or see whether each is meant to end where it does.'],
  'mixed-formats': ['warning', 'Write the links of a call to action in one form.'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type FindingCode = keyof typeof KINDS;

interface FindingDetail {
  where?: string;
  about?: string;
  clients?: readonly string[];
  /** Where it is not as grave, or graver, than usual. */
  severity?: Severity;
}

export function finding(code: FindingCode, says: string, detail: FindingDetail = {}): Finding {
  const [severity, mend] = KINDS[code];
  return { code, severity, says, where: '', about: '', clients: [], mend, ...detail };
}

/** What several clients met alike is one finding. */
export function joinAlike(findings: readonly Finding[]): Finding[] {
  const joined = new Map<string, Finding>();
  for (const one of findings) {
    const key = JSON.stringify([one.code, one.severity, one.where, one.about]);
    const known = joined.get(key);
    joined.set(key, known ? { ...known, clients: [...new Set([...known.clients, ...one.clients])] } : one);
  }
  return [...joined.values()].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

/** The gravest that there is; "good" without any. */
export function gravest(findings: readonly Pick<Finding, 'severity'>[]): Severity | 'good' {
  return SEVERITIES.find((severity) => findings.some((one) => one.severity === severity)) ?? 'good';
}
