import fc from 'fast-check';
import { compileRule } from '../../src/core/compile-rule.js';
import { evaluate } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import { propertiesRead } from '../../src/core/properties-read.js';
import { anyCase, worldOfCase } from '../support/arbitraries.js';
import { click, DAY, T0 } from '../support/builders.js';

function withOnly(names: readonly string[], event: HistoryEvent): HistoryEvent {
  const kept = Object.entries(event.properties).filter(([name]) => names.includes(name));
  return { ...event, properties: Object.fromEntries(kept) };
}

describe('the properties that a rule reads', () => {
  it('are all that it takes to answer it, whatever the rule and the history', () => {
    const holds = fc.property(anyCase, (given) => {
      const segments = new Map(Object.entries(given.segments));
      const plan = compileRule(given.rule, segments);
      const known = { startsAt: worldOfCase(given).startsAt, profile: given.profile };
      const { named, undoing } = propertiesRead(given.rule, segments);
      const names = [...named, ...undoing];
      const [full, lean] = [given.events, given.events.map((event) => withOnly(names, event))].map((events) =>
        History.of(events, known),
      );
      for (const { occurredAt } of given.events) {
        expect(evaluate(plan, lean!, occurredAt)).toEqual(evaluate(plan, full!, occurredAt));
      }
    });
    fc.assert(holds, { numRuns: 2_000, seed: 20_260_301 });
  });

  it('are few: what no condition names is left out', () => {
    const rule = { performed: 'click', where: { 'items.0.sku': 'TEA' }, within: '30d' };
    const { named: names, undoing } = propertiesRead(rule, new Map());
    expect(undoing).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['items', 'items.0.sku', 'actor_class']));
    const lean = withOnly(names, click(T0, { items: [{ sku: 'TEA' }], href: 'https://shop.example' }));
    expect(Object.keys(lean.properties)).toEqual(['items']);
    expect(evaluate(compileRule(rule), History.of([lean]), T0 + DAY).isMember).toBe(true);
  });
});
