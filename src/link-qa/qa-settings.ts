/** What a look at links may cost, and from where on it speaks up. */
export interface QaSettings {
  /** Keys of the clients as which each link is walked. */
  clients: readonly string[];
  /** Where links must end; none: anywhere. `*.example.com` is each of its subdomains. */
  expectHosts: readonly string[];
  /** Parameters that must survive beside those of {@link isKept}. */
  keepParameters: readonly string[];
  /** More redirects than this are too many for a reader on the move. */
  longChain: number;
  /** After so many the walk ends. */
  mostRedirects: number;
  slowHopMs: number;
  hopTimeoutMs: number;
  walkTimeoutMs: number;
  /** Of a page; what comes after it is not read. */
  mostBytes: number;
  mostUrlLength: number;
  /** A certificate that ends sooner is told of, in days. */
  certificateDays: number;
  /** Links looked at at once, requests to one host at once, and the pause between the beginnings of two of these. */
  concurrency: number;
  perHost: number;
  hostGapMs: number;
}

export const DEFAULT_SETTINGS: QaSettings = {
  clients: ['desktop', 'ios-mail', 'gmail-app', 'instagram', 'facebook'],
  expectHosts: [],
  keepParameters: [],
  longChain: 4,
  mostRedirects: 15,
  slowHopMs: 2_000,
  hopTimeoutMs: 10_000,
  walkTimeoutMs: 30_000,
  mostBytes: 262_144,
  // Outlook's Safe Links and older browsers cut off what is longer.
  mostUrlLength: 2_048,
  certificateDays: 14,
  concurrency: 4,
  perHost: 2,
  hostGapMs: 50,
};

/** Names of parameters that campaigns stand on, as servers compare them: campaign, discount and cart. */
const KEPT = [
  /^utm_/,
  /^(discount|discount_code|coupon|coupon_code|promo|promo_code|voucher)$/,
  /^(cart|cart_token|checkout_token|attributes\[.+\]|properties\[.+\]|selling_plan|variant)$/,
  /^(gclid|fbclid|ref)$/,
];

/** Whether a parameter must reach the end of the way as it was. */
export function isKept(name: string, { keepParameters }: Pick<QaSettings, 'keepParameters'>): boolean {
  const lower = name.toLowerCase();
  return KEPT.some((one) => one.test(lower)) || keepParameters.some((one) => one.toLowerCase() === lower);
}

/** Whether a host is one of these. */
export function isHostAmong(host: string, hosts: readonly string[]): boolean {
  return hosts.some((one) => {
    const wanted = one.toLowerCase();
    return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
  });
}
