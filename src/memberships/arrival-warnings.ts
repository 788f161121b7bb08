import { Inject, Injectable } from '@nestjs/common';
import { absencesOf, isAmong } from '../core/absence.js';
import { compileRule } from '../core/compile-rule.js';
import { comparedOfClicks } from '../core/compared-of-clicks.js';
import { ctasNamed } from '../core/ctas-named.js';
import type { HistoryEvent } from '../core/history-event.js';
import { PURCHASE, PURCHASE_ENDINGS } from '../core/net-purchases.js';
import { propertyReader } from '../core/property.js';
import { toIso, type Instant, type Milliseconds } from '../core/instant.js';
import type { Rule } from '../core/rule.js';
import { sayValue } from '../core/words.js';
import { CtaStore } from '../ctas/cta-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { now } from '../platform/clock.js';
import { RETENTION_MS } from '../platform/retention.js';
import { EventHistoryStore, type KnownEvent } from '../profiles/event-history-store.js';
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
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {
    super();
  }

  override async of(tx: Transaction, rule: Rule): Promise<string[]> {
    const rules = await this.segments.rules(tx);
    const { eventNames, lookback } = compileRule(rule, rules);
    const events = await this.starts.eventsNamed(tx, eventNames);
    const short = shorterThan((await now(tx)) - Math.min(lookback, this.retention), events).filter(({ event }) =>
      isAmong(absencesOf(rule, rules), event as string),
    );
    // That nobody ever cancelled or sent anything back is no mistake of a rule about purchases.
    const expected = eventNames.includes(PURCHASE) ? PURCHASE_ENDINGS : [];
    const unheard = events.filter(({ source, event }) => source === null && !expected.some((one) => one === event));
    return [
      ...unheard.map(({ event }) => neverCame(event)),
      ...short.map(beganLate),
      ...(await this.clickWarnings(tx, rule)),
    ];
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

/** Those that are known, each once, but completely only from a later instant on. */
function shorterThan(since: Instant, events: readonly KnownEvent[]): KnownEvent[] {
  const late = events.filter(({ completeSince }) => completeSince !== null && completeSince.getTime() > since);
  return late.filter(({ event }, index) => late.findIndex((other) => other.event === event) === index);
}

function beganLate({ event, source, completeSince }: KnownEvent): string {
  return (
    `${sayValue(event)} is known completely only since ${toIso(completeSince!.getTime())}, and the rule looks back further: ` +
    'whoever may have done it before then is left out. If more is known, an import says so, or ' +
    `PUT /v1/sources/${source}/history`
  );
}

function neverCame(event: unknown): string {
  if (typeof event === 'string') return `no event ${sayValue(event)} has ever come in`;
  return `no event beginning with ${sayValue((event as { startsWith: string }).startsWith)} has ever come in`;
}
