import { randomNumbers } from '../../test/support/random-numbers.js';
import { laneOfText, LANES } from './lanes.js';

/** FNV-1a over the bytes, as it is written down. */
function laneByBytes(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (hash ^ (hash >>> 16)) % LANES;
}

describe('the lane of a text', () => {
  it('never changes: rows are found again by every later release', () => {
    expect(['', 'customer_id:1', 'email:ö@example.com', '😀'].map(laneOfText)).toEqual([
      laneByBytes(''),
      laneByBytes('customer_id:1'),
      laneByBytes('email:ö@example.com'),
      laneByBytes('😀'),
    ]);
    expect([laneOfText('customer_id:1'), laneOfText('email:ö@example.com')]).toEqual([-52, -54]);
  });

  it('is that of its bytes, whatever characters it has', () => {
    const random = randomNumbers(1);
    const characters = [...'abcXYZ019:@-\u007f\u0080éß€漢😀\ud800'];
    for (let n = 0; n < 2_000; n++) {
      const text = Array.from(
        { length: Math.floor(random() * 20) },
        () => characters[Math.floor(random() * characters.length)]!,
      ).join('');
      expect([text, laneOfText(text)]).toEqual([text, laneByBytes(text)]);
    }
  });
});
