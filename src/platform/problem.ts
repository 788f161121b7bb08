import { STATUS_CODES } from 'node:http';

/** One thing that is wrong with a request. */
export interface ProblemEntry {
  /** JSON pointer (RFC 6901) into the body or, for a query, to its parameter; empty: the whole of it. */
  pointer: string;
  detail: string;
  /** What would be right. */
  expected?: string;
}

/** Who has so much to mend needs no more at once. */
const MOST_ENTRIES = 100;

function shortened(errors: readonly ProblemEntry[]): readonly ProblemEntry[] {
  if (errors.length <= MOST_ENTRIES) return errors;
  const more = errors.length - MOST_ENTRIES;
  return [...errors.slice(0, MOST_ENTRIES), { pointer: '', detail: `${more} more that are wrong are not listed here` }];
}

interface ProblemOptions {
  status: number;
  detail: string;
  title?: string;
  /** A URI that names the kind of problem; left out when the status says it all. */
  type?: string;
  errors?: readonly ProblemEntry[];
  /** Further members of the answer, as RFC 9457 allows. */
  members?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

const BEARER = 'Bearer realm="turnout"';

/** Why a request is refused, as `application/problem+json` (RFC 9457) tells it. Thrown anywhere at the HTTP edge. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly type: string | undefined;
  readonly errors: readonly ProblemEntry[];
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, detail, title, type, errors = [], members = {}, headers = {} }: ProblemOptions) {
    super(detail);
    this.status = status;
    this.title = title ?? STATUS_CODES[status] ?? 'Error';
    this.detail = detail;
    this.type = type;
    this.errors = shortened(errors);
    this.members = members;
    this.headers = headers;
  }

  static badRequest(detail: string, errors: readonly ProblemEntry[] = []): Problem {
    return new Problem({ status: 400, detail, errors });
  }

  /** `challenge` is how to authenticate, as `WWW-Authenticate` says it. */
  static unauthorised(detail: string, challenge = BEARER): Problem {
    return new Problem({ status: 401, detail, headers: { 'www-authenticate': challenge } });
  }

  static forbidden(detail: string, challenge?: string): Problem {
    return new Problem({ status: 403, detail, headers: challenge ? { 'www-authenticate': challenge } : {} });
  }

  static notFound(detail: string): Problem {
    return new Problem({ status: 404, detail });
  }

  static conflict(detail: string): Problem {
    return new Problem({ status: 409, detail });
  }

  static payloadTooLarge(detail: string): Problem {
    return new Problem({ status: 413, detail });
  }

  /** Of any body but those of Segment's API, which have limits of their own. */
  static bodyTooLarge(mostBytes: number): Problem {
    return Problem.payloadTooLarge(`The body is larger than ${mostBytes} bytes, the most that is taken here.`);
  }

  static unsupportedMediaType(detail: string): Problem {
    return new Problem({ status: 415, detail });
  }

  /** `afterSeconds`: when to try again. */
  static tooManyRequests(detail: string, afterSeconds: number): Problem {
    return new Problem({ status: 429, detail, headers: { 'retry-after': String(afterSeconds) } });
  }

  static unavailable(detail: string, members: Readonly<Record<string, unknown>> = {}): Problem {
    return new Problem({ status: 503, detail, members });
  }

  /** The body of the answer. */
  toJSON(): Record<string, unknown> {
    const { type, title, status, detail, errors, members } = this;
    return {
      ...(type !== undefined && { type }),
      title,
      status,
      detail,
      ...(errors.length > 0 && { errors }),
      ...members,
    };
  }
}

/** A JSON pointer (RFC 6901) to what these names and indexes lead to. */
export function jsonPointer(...path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
