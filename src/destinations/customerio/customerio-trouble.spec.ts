import {
  emptyBody,
  garbledBody,
  html502,
  resetAfter,
  resetBefore,
  slow,
  status,
  timeoutAfterApplying,
  timeoutBeforeApplying,
  type Fault,
} from '../../../test/support/customerio-server/faults.js';
import { startCustomerioServer } from '../../../test/support/customerio-server/customerio-server.js';
import {
  ACCEPTED,
  decision,
  destinationOf,
  membership,
  SEGMENT,
  stageCustomerio,
} from '../../../test/support/customerio-stage.js';
import type { SendOutcome } from '../destination.js';
import { createCustomerioDestination } from './customerio-destination.js';

const stage = stageCustomerio();

describe('when Customer.io has trouble', () => {
  const HANGING_MS = 150;

  it.each<[string, Fault, SendOutcome['kind'], string[]]>([
    ['500', status(500), 'retry', []],
    ['429', status(429), 'retry', []],
    ['408', status(408), 'retry', []],
    ['422', status(422), 'rejected', []],
    ["a proxy's 502 page", html502, 'retry', []],
    ['a connection reset before', resetBefore, 'retry', []],
    ['a connection reset after', resetAfter, 'retry', ['ana']],
    ['an empty body', emptyBody, 'accepted', ['ana']],
    ['a body that is no JSON', garbledBody, 'retry', ['ana']],
    ['silence before', timeoutBeforeApplying, 'retry', []],
    ['silence after', timeoutAfterApplying, 'retry', ['ana']],
  ])('%s applying makes the outcome right, after one request', async (_, fault, kind, members) => {
    stage.server.seedPerson({ id: 'ana' });
    stage.server.faults.next(1, fault);
    const [outcome] = await destinationOf(stage.server, { timeoutMs: HANGING_MS }).send([
      membership({ customerId: 'ana' }),
    ]);
    expect(outcome!.kind).toBe(kind);
    expect(stage.server.requests()).toHaveLength(1);
    expect(stage.server.segmentMembers(SEGMENT)).toEqual(members);
  });

  it('waits for a slow answer that comes in time', async () => {
    stage.server.faults.next(1, slow(30));
    expect(await stage.destination.send([membership({ customerId: 'ana' })])).toEqual([ACCEPTED]);
  });

  it('gives up on an answer that comes too late', async () => {
    stage.server.faults.next(1, slow(60_000));
    const outcomes = await destinationOf(stage.server, { timeoutMs: HANGING_MS }).send([
      membership({ customerId: 'ana' }),
    ]);
    expect(outcomes).toEqual([{ kind: 'retry', reason: 'Customer.io did not answer in time' }]);
  });

  it('keeps the body that it could not read out of the reason', async () => {
    stage.server.faults.next(1, garbledBody);
    const outcomes = await stage.destination.send([membership({ customerId: 'ana' })]);
    expect(outcomes).toEqual([{ kind: 'retry', reason: 'Customer.io answered with something that is no JSON' }]);
  });

  it('passes on how long to wait, in seconds or as a date', async () => {
    stage.server.faults.next(1, status(429, { 'Retry-After': '17' }));
    stage.server.faults.next(
      1,
      status(503, { 'Retry-After': 'Tue, 24 Nov 2026 10:00:20 GMT', Date: 'Tue, 24 Nov 2026 10:00:00 GMT' }),
    );
    const first = await stage.destination.send([membership({ customerId: 'ana' })]);
    const second = await stage.destination.send([membership({ customerId: 'ana' })]);
    expect(first).toMatchObject([{ kind: 'retry', reason: 'Customer.io answered 429', retryAfterMs: 17_000 }]);
    expect(second).toMatchObject([{ kind: 'retry', reason: 'Customer.io answered 503', retryAfterMs: 20_000 }]);
  });

  it('waits with a hint when the credentials are wrong', async () => {
    const stranger = createCustomerioDestination({
      siteId: 'other',
      apiKey: 'k',
      region: 'us',
      trackUrl: stage.server.url,
    });
    const [outcome] = await stranger.send([membership({ customerId: 'ana' })]);
    expect(outcome).toEqual({
      kind: 'retry',
      reason:
        'Customer.io answered 401: unauthorized (are the site id, the API key and the region those of the workspace?)',
    });
  });

  it('retries what met nobody listening', async () => {
    const gone = await startCustomerioServer();
    const orphan = destinationOf(gone);
    await gone.stop();
    const outcomes = await orphan.send([membership({ customerId: 'ana' }), decision({ customerId: 'ana' })]);
    const refused = { kind: 'retry', reason: 'the connection failed (ECONNREFUSED)' };
    expect(outcomes).toEqual([refused, refused]);
  });
});
