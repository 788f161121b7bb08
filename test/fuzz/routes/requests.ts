import { deepJson, hostileText, hostileValue } from '../hostile.js';
import { mutate } from '../mutate.js';
import type { Random } from '../random.js';
import { resolved, type Document, type Parameter, type Route, type Schema } from './document.js';
import { TEXTS, VALUES } from './values.js';
import type { World } from './world.js';

/** A request to a route of the API. */
export interface Call {
  route: Route;
  /** With its query, as it is sent. */
  address: string;
  headers: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  /** The body as JSON has it; undefined where it is none. */
  json?: unknown;
}

const ODD_HEADERS: readonly Record<string, string>[] = [
  { authorization: '' },
  { authorization: 'Bearer tk_nobody' },
  { authorization: 'Basic %%%' },
  { authorization: 'Negotiate x' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=latin1' },
  { 'content-type': ';;' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-encoding': 'gzip' },
  { 'idempotency-key': 'k'.repeat(2_000) },
  { 'idempotency-key': 'same' },
  { accept: 'image/png' },
  { 'if-none-match': '*' },
  { 'x-cio-signature': 'f'.repeat(64), 'x-cio-timestamp': '1e99' },
];

const ODD_ADDRESSES = [
  '%00',
  '%zz',
  '%ED%A0%80',
  '..%2f..',
  '%0d%0aX:%20y',
  '__proto__',
  'constructor',
  '9'.repeat(30),
];
const ODD_VALUES = [
  ...['0', '-1', '1e9', '1.5', 'NaN', 'Infinity', '', ' ', '0x10', '9'.repeat(30), '1e-7', 'true'],
  ...['0000-01-01', '0001-01-01', '9999-12-31', '2026-02-30', '2026-06-30T23:59:60Z', '2026-01-01T00:00+23:59', 'AET'],
];

/** Makes requests to the routes of a document: good ones, and such as nobody should make. */
export class Requests {
  constructor(
    private readonly document: Document,
    private readonly world: World,
    private readonly random: Random,
  ) {}

  to(route: Route): Call {
    const { random } = this;
    const headers = random.isIn(4) ? { ...random.pick(ODD_HEADERS) } : {};
    const named = route.parameters.filter((one) => one.in === 'header' && one.name !== 'content-type');
    for (const { name } of named) if (random.isIn(20)) headers[name] = `k${random.below(20)}`;
    return { route, address: this.path(route) + this.query(route), headers: headers, ...this.body(route, headers) };
  }

  private path({ path }: Route): string {
    const isOdd = this.random.isIn(8);
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      if (isOdd && this.random.isIn(50)) return this.random.pick(ODD_ADDRESSES);
      const text = isOdd
        ? hostileText(this.random).slice(0, this.random.isIn(10) ? 1_500 : 200)
        : (this.world.pick(name, path, this.random) ?? 'x');
      return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, 'x') || 'x';
    });
  }

  private query(route: Route): string {
    const { random } = this;
    const parts = route.parameters
      .filter((one) => one.in === 'query')
      .flatMap((parameter) => {
        if (!random.isIn(parameter.required ? 90 : 30)) return [];
        return random.isIn(70)
          ? [[parameter.name, this.right(parameter, route.path)]]
          : this.wrong(parameter, route.path);
      });
    if (random.isIn(3)) parts.push([random.pick(['unknown', '__proto__', '', 'limit[]', 'a[b]']), 'x']);
    const query = parts.map(([name, value]) => `${name}=${encodeURIComponent(value!.toWellFormed())}`).join('&');
    return query === '' ? '' : `?${query}${random.isIn(1) ? '&%zz=%00' : ''}`;
  }

  private right({ name, schema, example }: Parameter, path: string): string {
    return String(example ?? this.value(schema, name, path));
  }

  private wrong(parameter: Parameter, path: string): string[][] {
    const { name } = parameter;
    const right = this.right(parameter, path);
    if (name === 'after' && this.random.isIn(50)) return [[name, this.forgedCursor(right)]];
    switch (this.random.below(5)) {
      case 0:
        return [
          [name, right],
          [name, this.random.pick(ODD_VALUES)],
        ];
      case 1:
        return [[`${name}[]`, right]];
      case 2:
        return [[name, hostileText(this.random).slice(0, 3_000)]];
      default:
        return [[name, this.random.pick(ODD_VALUES)]];
    }
  }

  /** As a list would write it, with other values. */
  private forgedCursor(right: string): string {
    const values = [
      ...Buffer.from(right, 'base64url')
        .toString()
        .matchAll(/"([^"]*)"/g),
    ].map(([, value]) => value!);
    const forged = [...values, ...(this.random.isIn(20) ? ['x'] : [])].map((value) =>
      this.random.isIn(60) ? value : this.random.pick([...ODD_VALUES, hostileText(this.random).slice(0, 300)]),
    );
    return Buffer.from(JSON.stringify(forged)).toString('base64url');
  }

  /** Also says its type among the headers, unless something odd stands there. */
  private body(route: Route, headers: Record<string, string>): Pick<Call, 'body' | 'json'> {
    const { random } = this;
    if (route.bodies.length === 0) return {};
    const [type, schema] = random.pick(route.bodies);
    if (type !== 'application/json') {
      headers['content-type'] ??= type;
      const texts = TEXTS[route.path];
      const text = texts ? random.pick(texts)(random) : String(hostileValue(random));
      return { body: bytes(random.isIn(75) ? text : this.broken(text)) };
    }
    const value = this.value(schema, '', route.path);
    const kind = random.below(100);
    if (kind < 55) return json(value, headers);
    if (kind < 88) return json(mutate(structuredClone(value) as Record<string, unknown>, random), headers);
    if (kind < 93) return json(hostileValue(random, 4), headers);
    if (kind < 95) return {};
    headers['content-type'] ??= 'application/json';
    return { body: bytes(kind < 97 ? deepJson(random) : this.broken(JSON.stringify(value))) };
  }

  private broken(text: string): string {
    const at = this.random.below(text.length + 1);
    const middle = this.random.pick(['', '\0', '"', '\r\n', '😀', hostileText(this.random)]);
    return text.slice(0, at) + middle + text.slice(this.random.isIn(50) ? at : at + this.random.below(20));
  }

  /** A value that is right by its schema, as far as this says what is; of what there is, where it names something. */
  private value(given: Schema, name: string, path: string): unknown {
    const { random } = this;
    const schema = resolved(this.document, given);
    const known = VALUES[name];
    if (known && random.isIn(70)) return structuredClone(random.pick(known));
    const existing =
      schema.type === 'object' || schema.type === 'array' ? undefined : this.world.pick(name, path, random);
    if (existing !== undefined) return existing;
    if (schema.enum) return random.pick(schema.enum);
    const options = schema.oneOf ?? schema.anyOf;
    if (options) return this.value(random.pick(options), name, path);
    if (schema.example !== undefined && (schema.type === undefined || random.isIn(70)))
      return structuredClone(schema.example);
    if (schema.type === 'array') {
      return Array.from({ length: 1 + random.below(3) }, () => this.value(schema.items ?? {}, name, path));
    }
    if (schema.properties) return this.object(schema, path);
    if (schema.type === 'boolean') return random.isIn(50);
    if (schema.type === 'number' || schema.type === 'integer') return this.number(schema);
    return known ? random.pick(known) : (schema.default ?? random.pick(['a', 'winback-2', '7', 'B c']));
  }

  private object({ properties = {}, required = [] }: Schema, path: string): Record<string, unknown> {
    const wanted = Object.entries(properties).filter(([name]) => required.includes(name) || this.random.isIn(35));
    return Object.fromEntries(wanted.map(([name, schema]) => [name, this.value(schema, name, path)]));
  }

  private number({ minimum, maximum, default: usual }: Schema): number {
    const few = [minimum ?? 1, maximum ?? 3, 1, 2, 5, ...(typeof usual === 'number' ? [usual] : [])];
    return this.random.pick(few);
  }
}

function json(value: unknown, headers: Record<string, string>): Pick<Call, 'body' | 'json'> {
  headers['content-type'] ??= 'application/json';
  const text = JSON.stringify(value) ?? 'null';
  return { body: bytes(text), json: JSON.parse(text) as unknown };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
