import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline, Readable } from 'node:stream';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Nobody answered, or the answer broke off: it may be asked again. */
export class Unreachable extends Error {}

/** What the service refused, in its own words. */
export class Refused extends Error {
  constructor(readonly answer: Answer) {
    super(inWords(answer));
  }
}

/** Speaks to a running Turnout. Bodies are streamed, and nothing times out while they are. */
export class ServiceClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body: Readable, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  /** Sends JSON, or nothing. Throws {@link Refused}. */
  async must(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const sent = body === undefined ? undefined : Readable.from([JSON.stringify(body)]);
    const answer = await this.send(method, path, sent, sent && { 'content-type': 'application/json' });
    if (answer.status >= 300) throw new Refused(answer);
    return answer.body;
  }

  private send(method: string, path: string, body?: Readable, headers: Record<string, string> = {}): Promise<Answer> {
    const url = new URL(path, this.url);
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const unreachable = (error: Error) =>
        reject(new Unreachable(`${url.origin} can not be reached: ${error.message}`));
      const sent = request(
        url,
        { method, headers: { ...headers, authorization: `Bearer ${this.key}` } },
        (response) => void answerOf(response).then(resolve, unreachable),
      );
      sent.on('error', unreachable);
      // An answer that comes before the end of the body ends the sending; only a request without one has failed.
      if (body) pipeline(body, sent, () => undefined);
      else sent.end();
    });
  }
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const status = response.statusCode ?? 0;
  try {
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { status, body: { detail: text.slice(0, 200) } };
  }
}

interface ProblemEntry {
  pointer?: string;
  detail: string;
  expected?: string;
}

function inWords({ status, body }: Answer): string {
  const { detail, errors = [] } = body as { detail?: string; errors?: ProblemEntry[] };
  const entries = errors.map(
    ({ pointer, detail, expected }) =>
      `  ${pointer ? `${pointer}: ` : ''}${detail}${expected ? `; expected ${expected}` : ''}`,
  );
  return [`Refused (${status}): ${detail ?? 'no reason was given'}`, ...entries].join('\n');
}
