import { lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions as HttpsRequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls';
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

/** What a link check wants to see of an address; the only thing that is sent is the request itself. */
export interface OutboundLook extends Pick<OutboundRequest, 'url' | 'timeoutMs' | 'mostBytes'> {
  headers: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** The certificate of an answer, and how it was spoken. */
export interface TlsFacts {
  protocol: string | null;
  issuer: string | null;
  validTo: Date | null;
}

/** An answer, and what there is to tell of how it came. */
export interface SeenAnswer extends OutboundAnswer {
  /** Each as it was sent. */
  setCookies: readonly string[];
  /** Null over plain http. */
  tls: TlsFacts | null;
  /** Until the headers were there. */
  headersMs: number;
  /** False where the body had not ended in time, or broke off: what there is of it is in `body`. */
  isWhole: boolean;
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
  /** Whether public addresses may be asked in plain http: to see where a link leads, never to tell anybody anything. */
  isPlainHttpAllowed?: boolean;
  /** Certificate authorities beside those that Node trusts, in PEM; for tests. */
  authorities?: readonly string[];
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
  private readonly lookup: { trusted: LookupFunction; public: LookupFunction };
  private readonly isPlainHttpAllowed: boolean;
  /** Made once: that takes longer than a request. */
  private readonly secureContext: SecureContext | undefined;

  constructor(options: OutboundOptions = {}) {
    const { trustedHosts = [], resolve = lookup, isPublic = isPublicAddress, authorities } = options;
    this.trustedHosts = new Set(trustedHosts.map((host) => host.toLowerCase()));
    this.isPublic = isPublic;
    this.lookup = { trusted: resolve, public: publicLookup(resolve, isPublic) };
    this.isPlainHttpAllowed = options.isPlainHttpAllowed ?? false;
    this.secureContext = authorities && createSecureContext({ ca: [...rootCertificates, ...authorities] });
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
    if (protocol !== 'https:' && !(protocol === 'http:' && this.isPlainHttpAllowed)) return 'is not https';
    const literal = hostname.replace(/^\[|\]$/g, '');
    return isIP(literal) !== 0 && !this.isPublic(literal) ? 'is not a public address' : undefined;
  }

  /** Throws {@link OutboundRefused} or {@link OutboundFailed}. */
  async request(wanted: OutboundRequest): Promise<OutboundAnswer> {
    const { url, isHttps, isTrusted } = this.checked(wanted.url);
    const agents = isTrusted ? this.agents.trusted : this.agents.public;
    const timeout = AbortSignal.timeout(wanted.timeoutMs);
    const options: HttpsRequestOptions = {
      method: wanted.method,
      headers: { 'user-agent': 'turnout', ...wanted.headers },
      agent: isHttps ? agents.https : agents.http,
      signal: timeout,
      lookup: isTrusted ? this.lookup.trusted : this.lookup.public,
      ...(this.secureContext && { secureContext: this.secureContext }),
    };
    return failingInOurWords(timeout, async () => {
      const response = await responseTo(isHttps ? httpsRequest : httpRequest, url, options, wanted.body);
      return readAnswer(response, wanted.mostBytes);
    });
  }

  /**
   * Gets an address as `request` does, on a connection of its own, so that its certificate is seen; the body of a redirect
   * is not read, and one that does not end in time is told as far as it came. Throws as `request` does.
   */
  async look(wanted: OutboundLook): Promise<SeenAnswer> {
    const { url, isHttps, isTrusted } = this.checked(wanted.url);
    const timeout = AbortSignal.timeout(wanted.timeoutMs);
    const options: HttpsRequestOptions = {
      method: 'GET',
      headers: { ...wanted.headers },
      agent: false,
      signal: wanted.signal ? AbortSignal.any([timeout, wanted.signal]) : timeout,
      lookup: isTrusted ? this.lookup.trusted : this.lookup.public,
      ...(this.secureContext && { secureContext: this.secureContext }),
    };
    const startedAt = performance.now();
    return failingInOurWords(timeout, async () => {
      const response = await responseTo(isHttps ? httpsRequest : httpRequest, url, options);
      const seen = {
        setCookies: response.headers['set-cookie'] ?? [],
        tls: isHttps ? tlsFactsOf(response.socket as TLSSocket) : null,
        headersMs: Math.round(performance.now() - startedAt),
      };
      const { status, headers } = headOf(response);
      if (status >= 300 && status < 400) {
        response.destroy();
        return { ...seen, status, headers, body: Buffer.alloc(0), isCut: false, isWhole: true };
      }
      return { ...seen, ...(await readWhatComes(response, wanted.mostBytes)) };
    });
  }

  private checked(text: string): { url: URL; isHttps: boolean; isTrusted: boolean } {
    const problem = this.problemOf(text);
    if (problem !== undefined) throw new OutboundRefused(`the URL ${problem}`);
    const url = new URL(text);
    return { url, isHttps: url.protocol === 'https:', isTrusted: this.trustedHosts.has(url.host) };
  }
}

async function failingInOurWords<T>(timeout: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OutboundRefused) throw error;
    // A body that is cut off in its midst looks like a connection that broke.
    throw new OutboundFailed(timeout.aborted ? 'TIMEOUT' : codeOf(error));
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

function responseTo(
  request: typeof httpRequest,
  url: URL,
  options: RequestOptions,
  body?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  const isCut = await gather(response, mostBytes, chunks);
  return { ...headOf(response), body: Buffer.concat(chunks).subarray(0, mostBytes), isCut };
}

/** As much as comes in time. */
async function readWhatComes(response: IncomingMessage, mostBytes: number) {
  const chunks: Buffer[] = [];
  const end = await gather(response, mostBytes, chunks).then(
    (isCut) => ({ isCut, isWhole: true }),
    () => ({ isCut: true, isWhole: false }),
  );
  return { ...headOf(response), body: Buffer.concat(chunks).subarray(0, mostBytes), ...end };
}

/** Answers whether the body goes on. */
async function gather(response: IncomingMessage, mostBytes: number, chunks: Buffer[]): Promise<boolean> {
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) break; // leaving the loop ends the connection
  }
  return bytes > mostBytes;
}

function headOf(response: IncomingMessage): Pick<OutboundAnswer, 'status' | 'headers'> {
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    ),
  };
}

function tlsFactsOf(socket: TLSSocket): TlsFacts {
  const { issuer, valid_to } = socket.getPeerCertificate();
  const validTo = new Date(valid_to ?? NaN);
  return {
    protocol: socket.getProtocol(),
    issuer: [issuer?.O ?? issuer?.CN ?? []].flat().join(', ') || null,
    validTo: Number.isNaN(validTo.getTime()) ? null : validTo,
  };
}

/** A bare word: messages of others may hold addresses and more. */
function codeOf(error: unknown): string {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError') return 'TIMEOUT';
  return typeof code === 'string' && /^\w+$/.test(code) ? code : 'UNKNOWN';
}
