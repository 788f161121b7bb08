import type { CustomerioState } from './state.js';

/** A request as a route sees it: matched and decoded. */
export interface Call {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The parsed JSON body; undefined if there was none or it was no JSON. */
  body: unknown;
  bodyBytes: number;
  /** What goes wrong within the answer. */
  fault?: 'refusedItems' | 'wrongCounts';
  /** Where the server is reached, as the request's Host header says. */
  origin: string;
  /** Of the workspace. */
  region: string;
}

export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; nothing at all is sent if undefined. */
  body?: unknown;
}

export interface Route {
  /** Method and path template, such as `PUT /api/v1/customers/:identifier`; also the route's name in the statistics. */
  name: string;
  answer(call: Call, state: CustomerioState): Answer;
  /** The (segment, person) pairs that the request is about, for counting what is in flight. */
  subjects?(call: Call, state: CustomerioState): string[];
}

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** The route for a method and a path that is still percent-encoded. */
export function matchRoute(routes: readonly Route[], method: string, pathname: string): Match | undefined {
  for (const route of routes) {
    const [routeMethod, template] = route.name.split(' ') as [string, string];
    const params = routeMethod === method ? matchPath(template.split('/'), pathname.split('/')) : undefined;
    if (params) return { route, params };
  }
  return undefined;
}

function matchPath(template: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (template.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const actual = path[index]!;
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(actual);
    else if (part !== actual) return undefined;
  }
  return params;
}

/** A refusal in the shape that the Track API v1 and the App API share. */
export function refuse(status: number, ...errors: string[]): Answer {
  return { status, body: { meta: { errors } } };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
