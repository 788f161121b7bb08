import { timeOf } from './event-time.js';

const MINUTE = 60_000;
const receivedAt = Date.UTC(2026, 9, 31, 10);

describe('the time of an event', () => {
  const happened = (occurredAt: number, sentAt?: number) =>
    timeOf({ occurredAt, ...(sentAt !== undefined && { sentAt }) }, receivedAt);

  it('is its own, up to five minutes ahead', () => {
    for (const ahead of [-MINUTE, 0, 5 * MINUTE]) {
      expect(happened(receivedAt + ahead)).toEqual({ occurredAt: receivedAt + ahead, isTimeCorrected: false });
    }
    expect(happened(receivedAt + 5 * MINUTE + 1)).toEqual({ occurredAt: receivedAt, isTimeCorrected: true });
  });

  it.each([
    ['an hour fast', 60 * MINUTE],
    ['right', 0],
    ['three years slow', -3 * 365 * 1_440 * MINUTE],
  ])('is as long before its receipt as it was before it was sent, by a clock that is %s', (_case, skew) => {
    const sentAt = receivedAt + skew - 80; // it was 80 ms on its way
    expect(happened(sentAt - 2 * MINUTE, sentAt)).toEqual({
      occurredAt: receivedAt - 2 * MINUTE,
      isTimeCorrected: false,
    });
  });

  it('is that of its receipt where it happened when it was sent, whenever that was', () => {
    for (const at of [0, receivedAt, receivedAt + 1e12]) expect(happened(at, at).occurredAt).toBe(receivedAt);
  });

  it('is not believed where it lies far after its own sending', () => {
    expect(happened(receivedAt + 6 * MINUTE, receivedAt)).toEqual({ occurredAt: receivedAt, isTimeCorrected: true });
  });
});
