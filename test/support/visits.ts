import { request } from 'node:http';

/** What a visitor of a link gets to see. */
export interface Visited {
  status: number;
  location: string | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

interface VisitOptions {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** The host that is asked, if not the link's. */
  host?: string;
}

/** Follows a link on the machine that serves it, whatever name the link has, and no further. */
export function visit(
  server: string,
  link: string,
  { method = 'GET', headers, host }: VisitOptions = {},
): Promise<Visited> {
  const [, named, path] = /^(?:https:\/\/([^/]*))?(.*)$/s.exec(link)!;
  const { hostname, port } = new URL(server);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ hostname, port, method, path },
        headers: { host: host ?? named ?? '', 'user-agent': BROWSER, ...headers },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            headers: response.headers,
            body: Buffer.concat(pieces).toString(),
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
