import { status } from '../../../test/support/customerio-server/faults.js';
import { WebhookReceiver } from '../../../test/support/webhook-receiver.js';
import { OutboundHttp } from '../../platform/outbound/outbound-http.js';
import type { MembershipMessage } from '../destination.js';
import { webhookKind } from './webhook-destination.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ENTERED: MembershipMessage = {
  ...{ kind: 'membership', id: 'msg_1', version: 1, externalSegmentId: 'cart', isMember: true },
  addressee: { customerId: '42' },
};

let receiver: WebhookReceiver;

beforeEach(async () => {
  receiver = await WebhookReceiver.start(SECRET);
});

afterEach(() => receiver.stop());

async function sent(secret: string) {
  const http = new OutboundHttp({ trustedHosts: [receiver.host] });
  const destination = webhookKind.create('crm', { url: receiver.url, secret }, { timeoutMs: 5_000, http });
  return (await destination.send([ENTERED]))[0];
}

describe('what a receiver answers', () => {
  it('has messages wait where it does not know the secret, since nothing is wrong with them', async () => {
    const reason = 'the receiver answered 401 (does the receiver know the secret?)';
    expect(await sent('whsec_' + Buffer.alloc(24, 1).toString('base64'))).toEqual({ kind: 'retry', reason });
    receiver.faults.next(1, status(403, { 'Retry-After': '7' }));
    expect(await sent(SECRET)).toMatchObject({ kind: 'retry', isBusy: true, retryAfterMs: 7_000 });
    expect(await sent(SECRET)).toEqual({ kind: 'accepted' });
  });

  it.each([
    [400, 'rejected'],
    [404, 'rejected'],
    [410, 'rejected'],
    [302, 'rejected'],
    [408, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
  ])('by status %i: %s', async (code, kind) => {
    receiver.faults.next(1, status(code));
    expect(await sent(SECRET)).toMatchObject({ kind });
  });
});
