import { ACCEPTED, membership, stageCustomerio } from '../../../test/support/customerio-stage.js';
import { createCustomerioDestination } from './customerio-destination.js';

const stage = stageCustomerio();
const ADD = 'POST /api/v1/segments/:segment/add_customers';

describe('the Track API address', () => {
  it.each(['', '/', '/api/v1', '/api/v1/'])('may end in "%s"', async (ending) => {
    const { siteId, apiKey, url } = stage.server;
    const other = createCustomerioDestination({ siteId, apiKey, region: 'eu', trackUrl: url + ending });
    expect(await other.send([membership({ customerId: 'ana' })])).toEqual([ACCEPTED]);
    expect([...stage.server.requestsBySecond(ADD).values()]).toEqual([1]);
  });

  it('is refused at the start when it is none', () => {
    const config = { siteId: 's', apiKey: 'k', region: 'us', trackUrl: 'track' } as const;
    expect(() => createCustomerioDestination(config)).toThrow('Invalid URL');
  });
});
