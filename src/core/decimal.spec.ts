import fc from 'fast-check';
import { addDecimals, compareDecimals, decimalToString, parseDecimal, type Decimal } from './decimal.js';

const parsed = (text: string): Decimal => {
  const decimal = parseDecimal(text);
  if (!decimal) throw new Error(`${text} is no decimal`);
  return decimal;
};

const decimals = fc.record({ units: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), scale: fc.nat({ max: 6 }) });

describe('exact decimals', () => {
  it.each(['0', '149.90', '-0.05', '0.000000000000000001', '123456789012345678901234567890.12'])(
    'gives %s back as it was written',
    (text) => expect(decimalToString(parsed(text))).toBe(text),
  );

  it.each(['', ' 1', '1 ', '1.', '.5', '+1', '1,00', '1e3', '0x10', 'NaN', 'Infinity', '١', '1'.repeat(31), '1\n'])(
    'refuses %j',
    (text) => expect(parseDecimal(text)).toBeUndefined(),
  );

  it('adds where floats would be off', () => {
    expect(decimalToString(addDecimals(parsed('0.1'), parsed('0.2')))).toBe('0.3');
    expect(decimalToString(addDecimals(parsed('9007199254740993.00'), parsed('0.01')))).toBe('9007199254740993.01');
    expect(decimalToString(addDecimals(parsed('10.00'), parsed('-10')))).toBe('0.00');
  });

  it('compares by value, not by how it is written', () => {
    expect(compareDecimals(parsed('1.5'), parsed('1.50'))).toBe(0);
    expect(compareDecimals(parsed('-0'), parsed('0.00'))).toBe(0);
    expect(compareDecimals(parsed('9.99'), parsed('10'))).toBeLessThan(0);
    expect(compareDecimals(parsed('-9.99'), parsed('-10'))).toBeGreaterThan(0);
  });

  it('reads back whatever it writes', () => {
    fc.assert(fc.property(decimals, (one) => expect(parsed(decimalToString(one))).toEqual(one)));
  });

  it('adds and compares like whole numbers of the smallest unit', () => {
    const inSmallestUnit = ({ units, scale }: Decimal): bigint => units * 10n ** BigInt(6 - scale);
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const [left, right] = [inSmallestUnit(a), inSmallestUnit(b)];
        expect(inSmallestUnit(addDecimals(a, b))).toBe(left + right);
        expect(Math.sign(compareDecimals(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });
});
