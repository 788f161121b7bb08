import { status } from '../../../test/support/customerio-server/faults.js';
import { ACCEPTED, decision, destinationOf, stageCustomerio } from '../../../test/support/customerio-stage.js';
import type { ClickMessage } from '../destination.js';

const stage = stageCustomerio();

function click(deliveryId: string, more: Partial<ClickMessage> = {}): ClickMessage {
  const href = 'https://shop.example/cart?utm_source=cio#turnout_link=lRt2Rr1cUaU';
  return { kind: 'click', id: `msg_${deliveryId}`, deliveryId, href, occurredAt: 1_795_514_400_999, ...more };
}

describe('clicks at Customer.io', () => {
  it('are taken only where that is wanted', () => {
    expect(stage.destination.takes).not.toContain('click');
    expect(destinationOf(stage.server, { reportClicks: true }).takes).toContain('click');
  });

  it('are metrics of their deliveries, in whole seconds, and name nobody', async () => {
    expect(await stage.destination.send([click('RPILAg1'), click('RPILAg2')])).toEqual([ACCEPTED, ACCEPTED]);
    const { href } = click('');
    expect(stage.server.metrics()).toEqual(
      ['RPILAg1', 'RPILAg2'].map((id) => ({ delivery_id: id, metric: 'clicked', timestamp: 1_795_514_400, href })),
    );
    expect([...stage.server.requestsBySecond('POST /api/v1/metrics').values()]).toEqual([2]);
  });

  it('are settled each by itself, beside what else is sent', async () => {
    const outcomes = await stage.destination.send([
      click('RPILAg1'),
      decision({ customerId: 'ana' }),
      click('RPILAg2', { href: 'no link' }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['accepted', 'accepted', 'rejected']);
  });

  it.each([
    [429, 'retry'],
    [503, 'retry'],
    [400, 'rejected'],
  ])('answered %i are to be told as %s, without the delivery', async (code, kind) => {
    stage.server.faults.next(1, status(code));
    const outcomes = await stage.destination.send([click('RPILAg1')]);
    expect(outcomes).toMatchObject([{ kind }]);
    expect(JSON.stringify(outcomes)).not.toContain('RPILAg1');
    expect(stage.server.metrics()).toEqual([]);
  });
});
