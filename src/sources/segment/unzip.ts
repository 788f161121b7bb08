import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Problem } from '../../platform/problem.js';

const unzip = promisify(gunzip);

/** The body as it was before the sender packed it. Throws a {@link Problem}; never holds more than `mostBytes` and a bit. */
export async function unzipped(body: Buffer, encoding: string | undefined, mostBytes: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') {
    throw Problem.unsupportedMediaType(
      'The body has an encoding that is not taken here: send it as it is, or with gzip.',
    );
  }
  try {
    return await unzip(body, { maxOutputLength: mostBytes });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (isTooLarge) throw Problem.payloadTooLarge(`The body is larger than ${mostBytes / 1024} KB.`);
    throw Problem.badRequest('The body is not in gzip.');
  }
}
