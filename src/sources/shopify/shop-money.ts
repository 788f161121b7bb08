import { addDecimals, decimalOf, ZERO, type Decimal } from '../../core/decimal.js';
import { objectIn, objectsIn, type JsonObject } from '../json-body.js';
import { keptScalar } from '../kept-properties.js';

interface Money {
  amount: Decimal;
  currency: unknown;
}

/** What one thing costs in the buyer's currency, and in the shop's. */
interface Priced {
  shop: Money;
  buyer: Money;
}

/**
 * Money that went back to a buyer who paid in another currency than the shop's, in the shop's, as orders are: at the rate of
 * what the refund itself prices in both, rounded to as many places. Where it prices nothing, the money stays what it is.
 */
export function inShopMoney(paid: Money, refund: JsonObject): Money {
  const priced = pricedIn(refund).filter(({ buyer }) => buyer.currency === paid.currency);
  const { currency } = priced[0]?.shop ?? paid;
  const [shop, buyer] = [totalOf(priced.map((one) => one.shop)), totalOf(priced.map((one) => one.buyer))];
  if (currency === paid.currency || buyer.units === 0n) return paid;
  // amount × shop ÷ buyer, half up at the places of the shop's amounts.
  const dividend = paid.amount.units * shop.units * 10n ** BigInt(buyer.scale);
  const divisor = buyer.units * 10n ** BigInt(paid.amount.scale);
  return { amount: { units: (2n * dividend + divisor) / (2n * divisor), scale: shop.scale }, currency };
}

/** Sizes alone matter: what an adjustment takes off is priced like what it adds. */
function totalOf(moneys: readonly Money[]): Decimal {
  const sizes = moneys.map(({ amount: { units, scale } }) => ({ units: units < 0n ? -units : units, scale }));
  return sizes.reduce(addDecimals, ZERO);
}

function pricedIn(refund: JsonObject): Priced[] {
  const lines = objectsIn(refund['refund_line_items']).flatMap((one) => [one['subtotal_set'], one['total_tax_set']]);
  const more = objectsIn(refund['order_adjustments']).flatMap((one) => [one['amount_set'], one['tax_amount_set']]);
  return [...lines, ...more].flatMap((set) => {
    const { shop_money, presentment_money } = objectIn(set);
    const [shop, buyer] = [moneyOf(shop_money), moneyOf(presentment_money)];
    return shop && buyer ? [{ shop, buyer }] : [];
  });
}

function moneyOf(value: unknown): Money | undefined {
  const { amount: stated, currency_code: currency } = objectIn(value);
  const amount = decimalOf(stated);
  return amount && { amount, currency: keptScalar(currency) };
}
