import type { IncomingMessage, ServerResponse } from 'node:http';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { Metrics } from '../platform/metrics/metrics.js';
import { Seldom } from '../platform/seldom.js';
import { beginRequest, endRequest } from '../platform/tracing/trace-requests.js';
import { AddressLimit } from './address-limit.js';
import { Redirector, type Answer } from './redirector.js';

export interface LinkListenerSettings {
  /** Of one address, in each process; 0: any number. */
  requestsPerSecond: number;
  /** Where the proxy in front names the address that asks; undefined: there is none in front. */
  addressHeader: string | undefined;
  isTraced: boolean;
}

const logger = new Logger('Links');

/** That links can't be followed is said so often, in milliseconds; not of each click. */
const SAID_EVERY_MS = 10_000;

const PATH = '/l/';
const ROUTE = '/l/*';

/** Counted over so long, so that a few links opened at once are no offence. */
const WINDOW_SECONDS = 10;
const MOST_ADDRESSES = 200_000;

/** Whoever is led on tells nobody from where, and nobody keeps or lists where to. */
const HEADERS = [
  ...['cache-control', 'no-store'],
  ...['referrer-policy', 'no-referrer'],
  ...['x-robots-tag', 'noindex'],
  ...['x-content-type-options', 'nosniff'],
  ...['content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
];

const PAGES = {
  unknown: page(404, 'This link is not known', 'It may have been cut off on its way. Try the whole link.'),
  gone: page(410, 'This link is no longer valid', 'What it led to has ended.'),
  tooMany: page(429, 'Too many requests', 'Try again in a few seconds.', ['retry-after', String(WINDOW_SECONDS)]),
  // A browser comes again by itself: a database that restarts costs a visitor seconds, and no click is lost.
  unavailable: page(503, 'One moment, please', 'This page tries again by itself.', [
    'retry-after',
    '2',
    'refresh',
    '2',
  ]),
};

/**
 * Follows links: a listener of the server that is asked before the framework is, since what a click costs is what every
 * message costs that somebody opens. It needs no key, has no body, and reads the path alone, never the query.
 */
export function linkListener(app: INestApplicationContext, settings: LinkListenerSettings) {
  const redirector = app.get(Redirector);
  const { requests } = app.get(Metrics);
  const limit = new AddressLimit({
    most: settings.requestsPerSecond * WINDOW_SECONDS,
    windowMs: WINDOW_SECONDS * 1_000,
    mostAddresses: MOST_ADDRESSES,
  });

  const saying = new Seldom(SAID_EVERY_MS);

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, url, headers } = request;
    if (!url?.startsWith(PATH) || (method !== 'GET' && method !== 'HEAD')) return false;
    const beganAt = performance.now();
    const span = settings.isTraced ? beginRequest({ method, route: ROUTE, headers }) : undefined;
    const finish = (answer: Shown): void => {
      const status = send(response, answer);
      requests.observe({ method, route: ROUTE, status }, (performance.now() - beganAt) / 1_000);
      if (span) endRequest(span, status);
    };
    const address = addressOf(request, settings.addressHeader);
    if (limit.isOneTooMany(address, beganAt)) {
      finish({ refused: 'tooMany' });
      return true;
    }
    const visit = { method, headers, address, token: tokenIn(url), host: hostOf(request) };
    redirector.follow(visit).then(finish, (error: unknown) => {
      saying.say((unsaid) => logger.warn({ msg: 'a link could not be followed', others: unsaid, err: error }));
      finish({ refused: 'unavailable' });
    });
    return true;
  };
}

type Shown = Answer | { refused: keyof typeof PAGES };

/** Answers, and returns the status. To HEAD the same is said, without the page. */
function send(response: ServerResponse, answer: Shown): number {
  if ('to' in answer) {
    response.writeHead(302, HEADERS.concat('location', answer.to, 'content-length', '0')).end();
    return 302;
  }
  const { status, headers, body } = PAGES[answer.refused];
  response.writeHead(status, headers).end(body);
  return status;
}

/** As it stands in the path: another spelling of a token is none. */
function tokenIn(url: string): string {
  const end = url.indexOf('?');
  return url.slice(PATH.length, end < 0 ? undefined : end);
}

function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
}

/** Of several the last: it is the one that our own proxy wrote. */
function addressOf({ headers, socket }: IncomingMessage, header: string | undefined): string {
  const named = header === undefined ? undefined : headers[header];
  return (
    String(named ?? '')
      .split(',')
      .at(-1)!
      .trim() ||
    (socket.remoteAddress ?? '')
  );
}

function page(status: number, title: string, text: string, more: readonly string[] = []) {
  const body =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<meta name="robots" content="noindex"><title>${title}</title></head>` +
    `<body><h1>${title}</h1><p>${text}</p></body></html>`;
  const length = String(Buffer.byteLength(body));
  return {
    status,
    body,
    headers: [...HEADERS, ...more, 'content-type', 'text/html; charset=utf-8', 'content-length', length],
  };
}
