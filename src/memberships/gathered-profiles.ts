import type { History } from '../core/history.js';
import type { HistoryEvent } from '../core/history-event.js';
import { canUndo } from '../core/net-purchases.js';
import { CLICK } from '../ctas/click-class.js';
import { RecentResults } from '../ctas/recent-results.js';
import type { ScannedHistories } from '../histories/history-reader.js';
import { BETWEEN_EVENTS, BETWEEN_FIELDS, type GatheredRow, type GatheringStatement } from './event-gathering.js';

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

/** Makes histories of rows, each of which is somebody's events. */
export class GatheredProfiles {
  private readonly kinds = new RecentResults<Kind>(RECENT_KINDS);
  private readonly tellsOfClicks: ReadonlySet<string>;

  constructor(
    private readonly statement: GatheringStatement,
    private readonly scanned: ScannedHistories,
    private readonly take: (profile: number, history: History) => void,
  ) {
    this.tellsOfClicks = new Set(scanned.classed.names);
  }

  add([profile, said]: GatheredRow): void {
    const id = Number(profile);
    /** As rules see them if none of them tells anything of another. */
    const events: HistoryEvent[] = [];
    let mustBeTold = false;
    let lastTelling = NOTHING_TELLING;
    for (let from = 0; from <= said.length;) {
      const until = endOf(said, from);
      const ownFrom = said.indexOf(BETWEEN_FIELDS, from) + 1;
      const occurredAt = Number(said.slice(from, ownFrom - 1));
      const key = said.slice(this.behindOwn(said, ownFrom), until);
      const kind = this.kinds.get(key) ?? this.learn(key);
      events.push({ id: idAt(events.length), name: kind.name, occurredAt, properties: kind.alone });
      if (kind.undoesPurchases) mustBeTold = true;
      if (kind.tellsOfClicks) {
        const { isClick } = kind;
        const isNear = occurredAt - lastTelling.occurredAt < this.scanned.classed.margin;
        if (isNear && (isClick || lastTelling.isClick)) mustBeTold = true;
        lastTelling = { occurredAt, isClick };
      }
      from = until + 1;
    }
    this.take(id, this.scanned.historyOf(id, mustBeTold ? this.told(events, said) : events));
  }

  /** As rules see them by all that is known. */
  private told(events: readonly HistoryEvent[], said: string): HistoryEvent[] {
    const { like, own } = this.statement;
    const each = said.split(BETWEEN_EVENTS);
    return this.scanned.asSeen(
      events.map(({ id, name, occurredAt }, index) => {
        const fields = each[index]!.split(BETWEEN_FIELDS);
        const properties = {};
        readInto(properties, own, fields, 1);
        readInto(properties, like, fields, own.length + 2);
        return { id, name, occurredAt, properties };
      }),
    );
  }

  /** Where the name begins, which stands behind the properties of its own. */
  private behindOwn(said: string, ownFrom: number): number {
    let place = ownFrom;
    for (let left = this.statement.own.length; left > 0; left--) place = said.indexOf(BETWEEN_FIELDS, place) + 1;
    return place;
  }

  /** By its name and the properties in which many are alike. */
  private learn(key: string): Kind {
    // Of its own: what is cut out of a longer text keeps all of that in memory.
    const ownKey = Buffer.from(key).toString();
    const fields = ownKey.split(BETWEEN_FIELDS);
    const properties = {};
    readInto(properties, this.statement.like, fields, 1);
    const [seen] = this.scanned.asSeen([
      { id: idAt(0), name: valueOf(fields[0]!) as string, occurredAt: 0, properties },
    ]);
    const kind = {
      ...{ name: seen!.name, alone: seen!.properties, isClick: seen!.name === CLICK },
      tellsOfClicks: this.tellsOfClicks.has(seen!.name),
      undoesPurchases: canUndo(seen!),
    };
    if (key.length <= LONGEST_KEPT) this.kinds.set(ownKey, kind);
    return kind;
  }
}

/** Where an event's text ends. */
function endOf(said: string, from: number): number {
  const end = said.indexOf(BETWEEN_EVENTS, from);
  return end < 0 ? said.length : end;
}

/** Adds those that are there, whose JSON stands in fields from a place on. */
function readInto(
  properties: Record<string, unknown>,
  names: readonly string[],
  fields: readonly string[],
  place: number,
): void {
  for (let i = 0; i < names.length; i++) {
    const json = fields[place + i]!;
    if (json !== '') properties[names[i]!] = valueOf(json);
  }
}

/** Most values are short texts with nothing to unescape. */
function valueOf(json: string): unknown {
  if (json.startsWith('"') && !json.includes('\\')) return json.slice(1, -1);
  return JSON.parse(json);
}

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
