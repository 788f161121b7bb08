import { tell, type Program } from '../programs.js';

/** Under which links of the bench are served. */
const DOMAIN = 'go.example.com';

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
];

interface Audience {
  /** Different links. */
  links: number;
  /** People to whom each link is given, with a token of their own each. */
  people: number;
}

/** The paths of what was sent, `/l/` and a token each. */
export interface SentLinks {
  /** The same to everybody, as in a template. */
  open: string[];
  /** Another one to each. */
  bound: string[];
}

const CALLS_OF_SEGMENT = 500;
const LINKS_A_REQUEST = 1_000;

/** Declares links, and gives each to everybody as one link and as a link of their own. */
export async function sendOutLinks(service: Program, { links, people }: Audience): Promise<SentLinks> {
  await tell(service, 'PUT', `/v1/link-domains/${DOMAIN}`, { allowedHosts: ['shop.example.com'] });
  await tell(service, 'PUT', '/v1/ctas/cart', { patterns: [{ host: 'shop.example.com' }] });
  const everybody = Array.from({ length: people }, (_, n) => String(n + 1));
  for (const some of chunks(everybody, CALLS_OF_SEGMENT)) {
    const batch = some.map((userId) => ({ type: 'identify', messageId: `known-${userId}`, userId }));
    await tell(service, 'POST', '/v1/batch', { batch });
  }
  const declared = Array.from({ length: links }, (_, n) => ({
    ...{ cta: 'cart', destination: `https://shop.example.com/cart?id=${n + 1}`, channel: 'email' },
    ...{ utm: { utm_source: 'customerio', utm_medium: 'email' } },
  }));
  const given = declared.flatMap((link) => everybody.map((id) => ({ ...link, profile: { customer_id: id } })));
  return { open: await pathsOf(service, declared), bound: await pathsOf(service, given) };
}

async function pathsOf(service: Program, links: readonly object[]): Promise<string[]> {
  const paths: string[] = [];
  for (const some of chunks(links, LINKS_A_REQUEST)) {
    const made = (await tell(service, 'POST', '/v1/links', { links: some })) as { links: { url: string }[] };
    paths.push(...made.links.map(({ url }) => new URL(url).pathname));
  }
  return paths;
}

/** A click by one of many visitors, each from an address of their own, as the whole text of a request. */
export function clickOn(path: string, visitor: number): string {
  const address = `10.${visitor >> 16}.${(visitor >> 8) & 255}.${visitor & 255}`;
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${DOMAIN}\r\nUser-Agent: ${AGENTS[visitor % AGENTS.length]}\r\n` +
    `Accept: text/html\r\nX-Forwarded-For: ${address}\r\n\r\n`
  );
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}
