import type { History } from '../core/history.js';
import type { HistoryEvent } from '../core/history-event.js';
import { canUndo } from '../core/net-purchases.js';
import { CLICK } from '../ctas/click-class.js';
import { RecentResults } from '../ctas/recent-results.js';
import type { ScannedHistories } from '../histories/history-reader.js';
import type { GatheredRow, GatheringStatement } from './event-gathering.js';

/** What events that are alike have in common. */
interface Kind {
  name: string;
  /** How rules see one of which nothing else tells anything. */
  alone: HistoryEvent['properties'];
  isClick: boolean;
  /** Whether it can tell something of a click, or be one. */
  tellsOfClicks: boolean;
  undoesPurchases: boolean;
}

/** Makes histories of rows that come in order of profiles. */
export class GatheredProfiles {
  private readonly kinds = new RecentResults<Kind>(RECENT_KINDS);
  private readonly tellsOfClicks: ReadonlySet<string>;
  private rows: GatheredRow[] = [];
  /** As rules see them if none of them tells anything of another. */
  private events: HistoryEvent[] = [];
  private mustBeTold = false;
  private lastTelling = NOTHING_TELLING;

  constructor(
    private readonly statement: GatheringStatement,
    private readonly scanned: ScannedHistories,
    private readonly take: (profile: number, history: History) => void,
  ) {
    this.tellsOfClicks = new Set(scanned.classed.names);
  }

  add(row: GatheredRow): void {
    if (this.rows.length > 0 && this.rows[0]![0] !== row[0]) this.end();
    const kind = this.kindOf(row);
    // Seconds with at most three decimals.
    const occurredAt = Math.round(Number(row[1]) * 1_000);
    this.events.push({ id: idAt(this.rows.length), name: kind.name, occurredAt, properties: kind.alone });
    this.rows.push(row);
    if (kind.undoesPurchases) this.mustBeTold = true;
    if (!kind.tellsOfClicks) return;
    const { isClick } = kind;
    const isNear = occurredAt - this.lastTelling.occurredAt < this.scanned.classed.margin;
    if (isNear && (isClick || this.lastTelling.isClick)) this.mustBeTold = true;
    this.lastTelling = { occurredAt, isClick };
  }

  /** After a profile's last row. */
  end(): void {
    if (this.rows.length === 0) return;
    const id = Number(this.rows[0]![0]);
    this.take(id, this.scanned.historyOf(id, this.mustBeTold ? this.told() : this.events));
    [this.rows, this.events] = [[], []];
    this.mustBeTold = false;
    this.lastTelling = NOTHING_TELLING;
  }

  /** As rules see them by all that is known. */
  private told(): HistoryEvent[] {
    const { like, own } = this.statement;
    const names = [...like, ...own];
    return this.scanned.asSeen(
      this.events.map((event, index) => ({ ...event, properties: propertiesOf(names, this.rows[index]!) })),
    );
  }

  private kindOf(row: GatheredRow): Kind {
    const { length } = this.statement.like;
    let key = row[2];
    for (let i = 0; i < length; i++) key += FIELD + (row[FIRST_PROPERTY + i] ?? '');
    return this.kinds.get(key) ?? this.learn(key, row);
  }

  private learn(key: string, row: GatheredRow): Kind {
    const name = row[2];
    const properties = propertiesOf(this.statement.like, row);
    const [seen] = this.scanned.asSeen([{ id: idAt(0), name, occurredAt: 0, properties }]);
    const kind = {
      ...{ name, alone: seen!.properties, isClick: name === CLICK },
      tellsOfClicks: this.tellsOfClicks.has(name),
      undoesPurchases: canUndo({ name }),
    };
    if (key.length <= LONGEST_KEPT) this.kinds.set(key, kind);
    return kind;
  }
}

/** Of those that are there. */
function propertiesOf(names: readonly string[], row: GatheredRow): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (let i = 0; i < names.length; i++) {
    const json = row[FIRST_PROPERTY + i];
    if (typeof json === 'string') properties[names[i]!] = valueOf(json);
  }
  return properties;
}

/** Most values are short texts with nothing to unescape. */
function valueOf(json: string): unknown {
  if (json.startsWith('"') && !json.includes('\\')) return json.slice(1, -1);
  return JSON.parse(json);
}

const FIRST_PROPERTY = 3;

/** Never in JSON text, where control characters are escaped. */
const FIELD = '\u001f';

const NOTHING_TELLING = { occurredAt: -Infinity, isClick: false };

const RECENT_KINDS = 10_000;
/** Longer ones are worked out each time, so that memory stays bounded. */
const LONGEST_KEPT = 1_000;

const IDS: string[] = [];

/** Ids in the order of the events. */
function idAt(index: number): string {
  for (let next = IDS.length; next <= index; next++) IDS.push(String(next).padStart(9, '0'));
  return IDS[index]!;
}
