import { IDENTIFIER_KINDS } from '../../profiles/identifier.js';
import { evidenceFrom } from '../evidence.js';
import { isJsonObject, objectIn, type JsonObject } from '../json-body.js';
import { cleanText } from '../kept-properties.js';
import { BadRow, orBad, requiredInstant } from './fields.js';
import type { ImportMapping } from './mapping.js';
import type { Row } from './row.js';

const COLUMNS = {
  id: ['id'],
  name: ['name'],
  occurredAt: ['occurredAt', 'occurred_at', 'timestamp'],
  identifiers: ['identifiers'],
  properties: ['properties'],
};

const LONGEST_TEXT = 4_000;
const DEEPEST = 8;

/** Our own form: an event a row, with what it says in `properties`. In CSV, columns such as `properties.utm_content`. */
export const eventsMapping: ImportMapping = {
  key: 'events',
  says: 'our own form of an event: id, name, occurredAt, identifiers, properties',
  source: 'import',
  format: 'ndjson',
  columns: COLUMNS,
  required: ['id', 'name', 'occurredAt'],
  map: ([given], reader) =>
    orBad(() => {
      const row = nested(given!);
      const id = reader.text(row, 'id');
      if (id === undefined || !/^[\x21-\x7e]{1,200}$/.test(id)) {
        throw new BadRow('wrong_shape', reader.nameOf('id'), '1 to 200 printable characters without spaces');
      }
      const name = reader.text(row, 'name');
      if (name === undefined || !/^[A-Za-z0-9_ .:-]{1,100}$/.test(name)) {
        throw new BadRow('wrong_shape', reader.nameOf('name'), '1 to 100 letters, digits, spaces or any of _ . : -');
      }
      const occurredAt = requiredInstant(reader.nameOf('occurredAt'), reader.text(row, 'occurredAt'));
      const named = objectIn(reader.value(row, 'identifiers'));
      const identifiers = evidenceFrom(IDENTIFIER_KINDS.map((kind) => [kind, named[kind]]));
      if (identifiers.length === 0) {
        throw new BadRow(
          'no_identifier',
          reader.nameOf('identifiers'),
          `one or more of ${IDENTIFIER_KINDS.join(', ')}`,
        );
      }
      const properties = cleanObject(objectIn(reader.value(row, 'properties')), DEEPEST);
      return { kind: 'events', events: [{ sourceEventId: id, name, occurredAt, identifiers, properties }] };
    }),
};

/** Columns with a dot become objects, empty ones nothing. What is JSON already stays as it is. */
function nested(row: Row): Row {
  if (!Object.keys(row).some((name) => name.includes('.'))) return row;
  const whole = new Map<string, unknown>();
  for (const [name, value] of Object.entries(row)) {
    const dot = name.indexOf('.');
    if (dot < 0) whole.set(name, value);
    else if (value !== '') {
      const outer = whole.get(name.slice(0, dot));
      const inner: [string, unknown] = [name.slice(dot + 1), value];
      whole.set(name.slice(0, dot), Object.fromEntries([...Object.entries(objectIn(outer)), inner]));
    }
  }
  return Object.fromEntries(whole);
}

/** What PostgreSQL's jsonb can hold. */
function cleanObject(object: JsonObject, levels: number): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, value]) => [cleanText(name), cleanValue(value, levels)] as const);
  return Object.fromEntries(entries);
}

function cleanValue(value: unknown, levels: number): unknown {
  if (typeof value === 'string') return cleanText(value, LONGEST_TEXT);
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) throw new BadRow('wrong_shape', 'properties', `at most ${DEEPEST} levels of nesting`);
  if (Array.isArray(value)) return value.map((one) => cleanValue(one, levels - 1));
  return isJsonObject(value) ? cleanObject(value, levels - 1) : null;
}
