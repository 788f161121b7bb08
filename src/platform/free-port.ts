import { createServer, type AddressInfo } from 'node:net';

/** The wanted port of 127.0.0.1 if nobody listens on it, else any free one. 0 wants any. */
export async function freePort(wanted: number): Promise<number> {
  try {
    return await bind(wanted);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') return bind(0);
    throw error;
  }
}

/** Listens for a moment and tells on which port. */
function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}
