import { Injectable } from '@nestjs/common';
import { compileRule } from '../core/compile-rule.js';
import { comparedOfClicks } from '../core/compared-of-clicks.js';
import { ctasNamed } from '../core/ctas-named.js';
import type { HistoryEvent } from '../core/history-event.js';
import { PURCHASE, PURCHASE_ENDINGS } from '../core/net-purchases.js';
import { propertyReader } from '../core/property.js';
import type { Rule } from '../core/rule.js';
import { sayValue } from '../core/words.js';
import { CtaStore } from '../ctas/cta-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { RuleWarnings } from '../segments/rule-warnings.js';
import { SegmentStore } from '../segments/segment-store.js';

const LOOK_BACK = '30 days';
const NEWEST_PAGES = 1_000;
const MOST_CLICKS = 20_000;

/** Rules that name what never came in, or comes no longer. */
@Injectable()
export class ArrivalWarnings extends RuleWarnings {
  constructor(
    private readonly segments: SegmentStore,
    private readonly ctas: CtaStore,
    private readonly starts: EventHistoryStore,
  ) {
    super();
  }

  override async of(tx: Transaction, rule: Rule): Promise<string[]> {
    const { eventNames } = compileRule(rule, await this.segments.rules(tx));
    const events = await this.starts.eventsNamed(tx, eventNames);
    // That nobody ever cancelled or sent anything back is no mistake of a rule about purchases.
    const expected = eventNames.includes(PURCHASE) ? PURCHASE_ENDINGS : [];
    const unheard = events.filter(({ source, event }) => source === null && !expected.some((one) => one === event));
    return [...unheard.map(({ event }) => neverCame(event)), ...(await this.clickWarnings(tx, rule))];
  }

  private async clickWarnings(tx: Transaction, rule: Rule): Promise<string[]> {
    const [named, compared] = [ctasNamed(rule), comparedOfClicks(rule)];
    if (named.length === 0 && compared.length === 0) return [];
    const declared = new Set((await this.ctas.list(tx)).map((cta) => cta.key));
    const unknown = named.filter((key) => !declared.has(key));
    const clicks = await this.newestClicks(tx);
    const carried = new Set(clicks.map((click) => click.properties.cta));
    const unclicked = named.filter((key) => declared.has(key) && !carried.has(key));
    const missing = compared.filter((path) => {
      const read = propertyReader(path);
      return clicks.length > 0 && clicks.every(({ properties }) => (read(properties) ?? null) === null);
    });
    const none = `none of the ${clicks.length} newest clicks of the last ${LOOK_BACK} carried`;
    return [
      ...unknown.map((key) => `there is no CTA "${key}" in the catalogue`),
      ...unclicked.map((key) => `${none} the CTA "${key}"`),
      ...missing.map((path) => `${none} ${sayValue(path)}: nothing counts as following a click without it`),
    ];
  }

  /** The log is only ever added to: its last pages hold what came last, and cost the same however long it is. */
  private async newestClicks(tx: Transaction): Promise<readonly HistoryEvent[]> {
    const rows = await query<{ id: string; properties: Record<string, unknown> }>(
      tx,
      `SELECT id, properties FROM events
        WHERE ctid >= format('(%s,0)', greatest(0, pg_relation_size('events') / 8192 - $1::int))::tid
          AND name = 'click' AND occurred_at >= turnout_now() - interval '${LOOK_BACK}' LIMIT $2`,
      [NEWEST_PAGES, MOST_CLICKS],
    );
    const classifier = await this.ctas.current(tx, await catalogueRevision(tx));
    return classifier.classify(rows.map(({ id, properties }) => ({ id, name: 'click', occurredAt: 0, properties })));
  }
}

function neverCame(event: unknown): string {
  if (typeof event === 'string') return `no event ${sayValue(event)} has ever come in`;
  return `no event beginning with ${sayValue((event as { startsWith: string }).startsWith)} has ever come in`;
}
