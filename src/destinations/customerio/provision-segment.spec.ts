import { FAULTS } from '../../../test/support/destination-stages.js';
import { destinationOf, stageCustomerio } from '../../../test/support/customerio-stage.js';
import type { ProvisionOutcome } from '../destination.js';

const WANTED = { segmentId: 'vip', name: 'VIPs', adopt: false };

describe('making a manual segment', () => {
  const stage = stageCustomerio();
  const provision = (more = {}): Promise<ProvisionOutcome> => {
    const { server } = stage;
    const destination = destinationOf(server, {
      appApiKey: server.appKey,
      appUrl: server.url,
      timeoutMs: 300,
      ...more,
    });
    return destination.provision!(WANTED);
  };
  const made = () => stage.server.segments().filter((one) => one.name === 'VIPs');

  it('makes it with a mark, once, and leaves others alone', async () => {
    const first = await provision();
    expect(first).toMatchObject({ kind: 'ready', origin: 'made', externalId: String(made()[0]!.id) });
    expect(await provision()).toEqual(first);
    expect(made()).toMatchObject([{ type: 'manual', description: expect.stringContaining('turnout:segment=vip') }]);
    expect(stage.server.segments()).toHaveLength(2);
  });

  // The first request lists, the second one makes.
  it.each(Object.keys(FAULTS).flatMap((fault) => [1, 2].map((request) => [fault, request] as const)))(
    'under "%s" of request %d says so, and ends with one segment',
    async (name, request) => {
      const fault = FAULTS[name as keyof typeof FAULTS];
      if (request === 2) stage.server.faults.next(1, { kind: 'slow', ms: 0 });
      stage.server.faults.next(1, fault);
      const outcome = await provision();
      expect(outcome.kind).toMatch(/^(retry|refused)$/);
      expect(JSON.stringify(outcome)).toMatch(/Customer\.io/);
      stage.server.faults.clear();
      expect(await provision()).toMatchObject({ kind: 'ready', origin: 'made' });
      expect(made()).toHaveLength(1);
    },
  );

  it('waits for credentials to be mended, and for a key of the App API to be set', async () => {
    expect(await provision({ appApiKey: 'another' })).toMatchObject({ kind: 'retry' });
    const { server } = stage;
    expect(await destinationOf(server).provision!(WANTED)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('CUSTOMERIO_APP_API_KEY'),
    });
    expect(made()).toEqual([]);
  });
});
