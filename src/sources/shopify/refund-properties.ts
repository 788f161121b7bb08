import { addDecimals, decimalToString, parseDecimal, ZERO, type Decimal } from '../../core/decimal.js';
import { objectsIn, type JsonObject } from '../json-body.js';
import { keptScalar, propertiesOf } from '../kept-properties.js';
import { UnusableDelivery } from '../unusable-delivery.js';
import { amountAt } from './fields.js';
import { inShopMoney } from './shop-money.js';

/**
 * Which order was refunded, and how much, as an exact decimal text in the shop's currency. `pointer`: where the refund stands
 * in the body.
 */
export function refundProperties(refund: JsonObject, orderId: string, pointer: string): Record<string, unknown> {
  const paid = { amount: sum(refundedAmounts(refund, pointer)), currency: currencyOf(refund, pointer) };
  const { amount, currency } = inShopMoney(paid, refund);
  return propertiesOf([
    ['order_id', orderId],
    ['amount', decimalToString(amount)],
    ['currency', currency],
  ]);
}

/** Whether nothing but the test gateway's money went back. */
export function isTestRefund(refund: JsonObject): boolean {
  const transactions = objectsIn(refund['transactions']);
  return transactions.length > 0 && transactions.every((transaction) => transaction['test'] === true);
}

/** The money that went back; where no transaction says so, what the returned items were worth. */
function refundedAmounts(refund: JsonObject, pointer: string): (string | undefined)[] {
  const transactions = objectsIn(refund['transactions']);
  if (transactions.length > 0) {
    return transactions.flatMap((transaction, index) =>
      isMoneyBack(transaction) ? [amountAt(`${pointer}/transactions/${index}/amount`, transaction['amount'])] : [],
    );
  }
  return objectsIn(refund['refund_line_items']).flatMap((line, index) => [
    amountAt(`${pointer}/refund_line_items/${index}/subtotal`, line['subtotal']),
    amountAt(`${pointer}/refund_line_items/${index}/total_tax`, line['total_tax']),
  ]);
}

function sum(amounts: readonly (string | undefined)[]): Decimal {
  return amounts.reduce((total, amount) => addDecimals(total, (amount && parseDecimal(amount)) || ZERO), ZERO);
}

/** Undefined where only items tell the amount. */
function currencyOf(refund: JsonObject, pointer: string): unknown {
  const currencies = new Set(
    objectsIn(refund['transactions'])
      .filter(isMoneyBack)
      .map((transaction) => keptScalar(transaction['currency'])),
  );
  if (currencies.size > 1)
    throw new UnusableDelivery('wrong_shape', `${pointer}/transactions`, 'refunds in one currency');
  return [...currencies][0];
}

/** Money on its way back counts, too: the refund is a fact, and is not stated anew when the bank is done. */
function isMoneyBack({ kind, status }: JsonObject): boolean {
  return kind === 'refund' && (status === 'success' || status === 'pending');
}
