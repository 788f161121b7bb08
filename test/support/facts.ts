import { Ingestion, type Outcome } from '../../src/sources/ingestion.js';
import { identifier, type Identifier, type IdentifierKind } from '../../src/profiles/identifier.js';
import type { IncomingEvent } from '../../src/profiles/incoming-event.js';
import type { TestTurnout } from './turnout.js';

/** Identifiers written as `customer_id=1 email=a@x.io`. */
export function identifiersOf(text: string): Identifier[] {
  return text.split(' ').map((one) => {
    const [kind, value] = one.split('=') as [IdentifierKind, string];
    const read = identifier(kind, value);
    if (!read) throw new Error(`"${one}" is no identifier.`);
    return read;
  });
}

let counter = 0;

/** An event as any source may state it. */
export function fact(
  name: string,
  occurredAt: number,
  who: string,
  properties: Record<string, unknown> = {},
  sourceEventId = `fact-${++counter}`,
): IncomingEvent {
  return { sourceEventId, name, occurredAt, identifiers: identifiersOf(who), properties };
}

/** Takes events in as the sources do, past their wire formats: together in one call. */
export function take(turnout: TestTurnout, ...events: IncomingEvent[]): Promise<Outcome[]> {
  return turnout.app.get(Ingestion).record(
    'test',
    events.map((event) => ({ event, body: Buffer.from(JSON.stringify(event)) })),
  );
}
