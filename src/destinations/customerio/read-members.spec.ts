import { emptyBody, garbledBody, status, type Fault } from '../../../test/support/customerio-server/faults.js';
import {
  startCustomerioServer,
  type CustomerioServer,
} from '../../../test/support/customerio-server/customerio-server.js';
import { ReadBackFailed } from '../destination.js';
import { OPEN_GATE } from '../gate.js';
import { readMembers } from './read-members.js';

describe('reading who is in a segment', () => {
  let server: CustomerioServer;

  beforeEach(async () => {
    server = await startCustomerioServer();
    server.seedSegment({ id: 7, name: 'buyers' }).members.add(server.seedPerson({ id: 'ada', cio_id: 'c1' }));
  });

  afterEach(() => server.stop());

  const read = async (): Promise<unknown[]> => {
    const { url, appKey } = server;
    const api = { url, authorization: `Bearer ${appKey}`, timeoutMs: 2_000, gate: OPEN_GATE, family: 'app' };
    const members: unknown[] = [];
    for await (const page of readMembers(api, '7', new AbortController().signal)) members.push(...page);
    return members;
  };

  it.each<[string, Fault]>([
    ['nothing', emptyBody],
    ['no JSON', garbledBody],
    ['something else', status(200)],
  ])('asks again where the answer is %s, and takes it for no empty segment', async (_what, fault) => {
    server.faults.next(1, fault);
    expect(await read()).toEqual([{ customerId: 'ada', cioId: 'c1' }]);
    expect(server.requests()).toHaveLength(2);
  });

  it('gives up at once on what stays so', async () => {
    server.faults.next(1, status(404));
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReadBackFailed);
    expect(String(failure)).toMatch(/has no such segment \(404\).* publish it with the number of another one/);
    expect(server.requests()).toHaveLength(1);
  });
});
