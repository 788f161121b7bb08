import { compileRule } from '../../src/core/compile-rule.js';
import { decide } from '../../src/core/decide.js';
import { evaluate } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventName, Rule } from '../../src/core/rule.js';
import { ClickClassifier } from '../../src/ctas/click-classifier.js';
import { DEFAULT_CLICK_CLASS_SETTINGS } from '../../src/ctas/click-class-settings.js';
import { CtaCatalogue } from '../../src/ctas/cta-catalogue.js';
import { WEBHOOK_SOURCES } from '../../src/sources/registry.js';
import { instant, type Scenario } from '../scenarios/scenario.js';
import { SCENARIOS } from '../scenarios/stories.js';
import { deliveryOf, type SentWebhook } from '../support/webhooks.js';

const MOST_AHEAD = 300_000;

/** What is known of everybody, as plainly as can be: facts in a list, people by their email or order. */
class World {
  private readonly events: (HistoryEvent & { ids: string[] })[] = [];
  private readonly starts = new Map<string, number>();
  private readonly classifier: ClickClassifier;

  constructor(scenario: Scenario) {
    const ctas = Object.entries(scenario.ctas).map(([key, patterns]) => ({ key, kind: null, patterns }));
    this.classifier = new ClickClassifier(new CtaCatalogue(ctas), DEFAULT_CLICK_CLASS_SETTINGS);
  }

  receive(webhook: SentWebhook, at: number): void {
    const source = WEBHOOK_SOURCES.find((one) => webhook.path.endsWith(`/${one.key}`))!;
    const read = source.normalise(deliveryOf(webhook));
    if (read.kind !== 'events') throw new Error(`not understood: ${JSON.stringify(read)}`);
    for (const fact of read.events) {
      this.starts.set(fact.name, this.starts.get(fact.name) ?? at);
      const occurredAt = fact.occurredAt > at + MOST_AHEAD ? at : fact.occurredAt;
      const { properties } = fact;
      const ids = fact.identifiers.map((one) => `${one.kind}:${one.value}`);
      this.events.push({ id: fact.sourceEventId, name: fact.name, occurredAt, properties, ids });
    }
  }

  historyOf(person: string): History {
    const ids = new Set([`email:${person}@example.com`]);
    const own = (): typeof this.events => this.events.filter((event) => event.ids.some((id) => ids.has(id)));
    own().forEach((event) => event.ids.forEach((id) => ids.add(id)));
    return History.of(this.classifier.classify(own()), { startsAt: (name) => this.startOf(name), profile: person });
  }

  /** Of names that begin alike, the last that came. */
  private startOf(wanted: EventName): number {
    const starts = [...this.starts].filter(([name]) =>
      typeof wanted === 'string' ? name === wanted : name.startsWith(wanted.startsWith),
    );
    return starts.length === 0 ? Infinity : Math.max(...starts.map(([, at]) => at));
  }

  people(): string[] {
    const emails = this.events.flatMap((event) => event.ids.filter((id) => id.startsWith('email:')));
    return [...new Set(emails.map((id) => id.slice('email:'.length).split('@')[0]!))].sort();
  }
}

describe('on the core alone', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.title, scenario] as const))('%s', (_title, scenario) => {
    const world = new World(scenario);
    const rules = new Map(Object.entries(scenario.segments));
    const plans = new Map([...rules].map(([key, rule]) => [key, compileRule(rule, rules)]));
    for (const step of scenario.steps) {
      const asOf = instant(step.at);
      for (const webhook of step.webhooks ?? []) world.receive(webhook, asOf);
      for (const [segment, expected] of Object.entries(step.members ?? {})) {
        const members = world
          .people()
          .filter((one) => evaluate(plans.get(segment)!, world.historyOf(one), asOf).isMember);
        expect({ at: step.at, segment, members }).toEqual({ at: step.at, segment, members: expected });
      }
      for (const [point, branches] of Object.entries(step.branches ?? {})) {
        const declared = scenario.branchPoints![point]!;
        const planned = {
          branches: declared.branches.map(({ key, rule, segment }) => ({
            key,
            plan: segment === undefined ? compileRule(rule as Rule, rules) : plans.get(segment)!,
          })),
          defaultBranch: declared.default,
          whenPending: declared.whenPending ?? ('noMatch' as const),
        };
        for (const [person, branch] of Object.entries(branches)) {
          const choice = decide(planned, world.historyOf(person), asOf);
          expect({ at: step.at, person, branch: choice.branch }).toEqual({ at: step.at, person, branch });
        }
      }
    }
  });
});
