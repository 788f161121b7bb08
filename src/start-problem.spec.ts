import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { DataSource } from 'typeorm';
import { databaseProblem, listenProblem } from './start-problem.js';

/** What comes of an attempt that fails. */
const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );

describe('a start that fails', () => {
  it.each(['127.0.0.1', 'localhost'])('says that DATABASE_URL leads to no database: %s', async (host) => {
    const url = `postgres://nobody:secret@${host}:1/none`;
    const error = await failureOf(new DataSource({ type: 'postgres', url }).initialize());
    const said = String(databaseProblem(error));
    expect(said).toMatch(
      /DATABASE_URL leads to no database that can be used \(.*ECONNREFUSED.*\); expected a PostgreSQL/,
    );
    expect(said).not.toContain('secret');
  });

  it.each([
    ['42501', 'permission denied for schema public'],
    ['25006', 'cannot execute CREATE TABLE in a read-only transaction'],
  ])('says that nothing can be made there: %s', (code, message) => {
    const said = String(databaseProblem({ driverError: Object.assign(new Error(message), { code }), message }));
    expect(said).toMatch(/DATABASE_URL .*used \(.+\); expected .* the user may make tables/);
    expect(said).toContain(message);
  });

  it('says what the server refuses, and leaves alone what it does not know', () => {
    const refused = Object.assign(new Error('password authentication failed for user "t"'), { code: '28P01' });
    expect(String(databaseProblem(refused))).toContain('(password authentication failed for user "t")');
    for (const other of [Object.assign(new Error('syntax'), { code: '42601' }), new Error('no such class')]) {
      expect(databaseProblem(other)).toBe(other);
      expect(listenProblem(other, 'PORT')).toBe(other);
    }
  });

  it('says that its port is taken, and that its address is none', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const listening = (host: string) => failureOf(once(createServer().listen(port, host), 'listening'));
    expect(String(listenProblem(await listening('127.0.0.1'), 'PORT'))).toMatch(
      /PORT can not be listened on \(.*EADDRINUSE/,
    );
    expect(String(listenProblem(await listening('192.0.2.1'), 'PORT'))).toMatch(/HOST can not be listened on/);
    squatter.close();
  });
});
