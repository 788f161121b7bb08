import { lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** A request to a URL that somebody else chose. */
export interface OutboundRequest {
  method: 'GET' | 'HEAD' | 'POST';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** For all of it, from the name's resolution to the last byte. */
  timeoutMs: number;
  /** Of the answer's body; what comes after it is not read. */
  mostBytes: number;
}

/** What was answered; a redirect is an answer like any other, and where it leads is for the caller to judge. */
export interface OutboundAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** Whether the body goes on. */
  isCut: boolean;
}

/** The request must not be made: it leads, or might lead, where outsiders have no business. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused';
}

/** There was no whole answer. `code` is a bare word such as ECONNREFUSED or TIMEOUT. */
export class OutboundFailed extends Error {
  override readonly name = 'OutboundFailed';

  constructor(readonly code: string) {
    super(code === 'TIMEOUT' ? 'there was no answer in time' : `the connection failed (${code})`);
  }
}

export interface OutboundOptions {
  /** Hosts, with their port unless it is the usual one, that may be private and may speak plain http. */
  trustedHosts?: readonly string[];
  /** How names are resolved, and which addresses are for everybody; for tests. */
  resolve?: typeof lookup;
  isPublic?: (address: string) => boolean;
}

/**
 * HTTP to wherever outsiders say, without becoming their way into the network: https alone, to public addresses alone. A
 * name is resolved once a connection, and the connection goes to the very addresses that were looked at, so that a name
 * which resolves to something else a moment later gains nothing. Redirects are not followed, proxies not used.
 */
export class OutboundHttp {
  private readonly trustedHosts: ReadonlySet<string>;
  private readonly isPublic: (address: string) => boolean;
  private readonly agents = {
    // Apart, so that no connection to a trusted host is ever used for another.
    trusted: { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) },
    public: { http: new HttpAgent(), https: new HttpsAgent({ keepAlive: true }) },
  };
  private readonly lookup: LookupFunction;

  constructor({ trustedHosts = [], resolve = lookup, isPublic = isPublicAddress }: OutboundOptions = {}) {
    this.trustedHosts = new Set(trustedHosts.map((host) => host.toLowerCase()));
    this.isPublic = isPublic;
    this.lookup = publicLookup(resolve, isPublic);
  }

  /** Whether a URL is at a host that may be private. */
  isTrusted(url: string): boolean {
    return URL.canParse(url) && this.problemOf(url) === undefined && this.trustedHosts.has(new URL(url).host);
  }

  /** Why a URL will never be asked; undefined if nothing speaks against it before its name is resolved. */
  problemOf(url: string): string | undefined {
    if (!URL.canParse(url)) return 'is no URL';
    const { protocol, username, password, host, hostname } = new URL(url);
    if (username !== '' || password !== '') return 'holds a name or password';
    if (this.trustedHosts.has(host)) return /^https?:$/.test(protocol) ? undefined : 'is not https';
    if (protocol !== 'https:') return 'is not https';
    const literal = hostname.replace(/^\[|\]$/g, '');
    return isIP(literal) !== 0 && !this.isPublic(literal) ? 'is not a public address' : undefined;
  }

  /** Throws {@link OutboundRefused} or {@link OutboundFailed}. */
  async request(wanted: OutboundRequest): Promise<OutboundAnswer> {
    const problem = this.problemOf(wanted.url);
    if (problem !== undefined) throw new OutboundRefused(`the URL ${problem}`);
    const url = new URL(wanted.url);
    const isTrusted = this.trustedHosts.has(url.host);
    const agents = isTrusted ? this.agents.trusted : this.agents.public;
    const isHttps = url.protocol === 'https:';
    const options: RequestOptions = {
      method: wanted.method,
      headers: { 'user-agent': 'turnout', ...wanted.headers },
      agent: isHttps ? agents.https : agents.http,
      signal: AbortSignal.timeout(wanted.timeoutMs),
      ...(!isTrusted && { lookup: this.lookup }),
    };
    try {
      return await exchange(isHttps ? httpsRequest : httpRequest, url, options, wanted);
    } catch (error) {
      throw error instanceof OutboundRefused ? error : new OutboundFailed(codeOf(error));
    }
  }
}

/** Answers with the addresses that were looked at; one that is not public refuses them all. */
function publicLookup(resolve: typeof lookup, isPublic: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      if (addresses.length === 0 || !addresses.every(({ address }) => isPublic(address))) {
        return callback(new OutboundRefused('the name leads to an address that is not public'), '', 0);
      }
      if (options.all) return callback(null, addresses);
      callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

function exchange(
  request: typeof httpRequest,
  url: URL,
  options: RequestOptions,
  { body, mostBytes }: OutboundRequest,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => void readAnswer(response, mostBytes).then(resolve, reject));
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) break; // leaving the loop ends the connection
  }
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    ),
    body: Buffer.concat(chunks).subarray(0, mostBytes),
    isCut: bytes > mostBytes,
  };
}

/** A bare word: messages of others may hold addresses and more. */
function codeOf(error: unknown): string {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError') return 'TIMEOUT';
  return typeof code === 'string' && /^\w+$/.test(code) ? code : 'UNKNOWN';
}
