/** As much of JSON Schema as a language of nested objects needs. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema | false;
  prefixItems?: JsonSchema[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

/**
 * Which fields and named values of a schema some examples use, and which there are. A schema that stands in several
 * places is one.
 */
export class SchemaUsage {
  /** By schema, where it stands first. */
  private readonly places = new Map<JsonSchema, string>();
  private readonly used = new Set<string>();

  constructor(private readonly root: JsonSchema) {
    this.place(root, '#');
  }

  /** Every field, as `<place of its schema>/<field>`, and every value of an enumeration, as `<place>=<value>`. */
  all(): string[] {
    return [...this.places].flatMap(([schema, place]) => [
      ...(schema.enum ?? []).map((value) => `${place}=${String(value)}`),
      ...Object.keys(schema.properties ?? {}).map((name) => `${place}/${name}`),
    ]);
  }

  unused(): string[] {
    return this.all().filter((name) => !this.used.has(name));
  }

  /** Notes what an example uses; false if it does not keep the schema. */
  use(value: unknown): boolean {
    const found = this.match(this.root, value);
    for (const name of found ?? []) this.used.add(name);
    return found !== undefined;
  }

  private place(schema: JsonSchema, at: string): void {
    if (this.places.has(schema)) return;
    this.places.set(schema, at);
    if (schema.$ref !== undefined) this.place(this.target(schema.$ref), schema.$ref);
    for (const [child, below] of childrenOf(schema, at)) this.place(child, below);
  }

  /** The names that a value uses of a schema; undefined if it does not keep it. */
  private match(schema: JsonSchema, value: unknown): string[] | undefined {
    const parts = [this.matchItself(schema, value)];
    if (schema.$ref !== undefined) parts.push(this.match(this.target(schema.$ref), value));
    if (isObject(value)) parts.push(...this.matchFields(schema, value));
    if (Array.isArray(value)) parts.push(...this.matchItems(schema, value));
    for (const one of schema.allOf ?? []) parts.push(this.match(one, value));
    for (const choices of [schema.oneOf, schema.anyOf]) {
      if (choices) parts.push(choices.map((one) => this.match(one, value)).find((one) => one !== undefined));
    }
    return parts.includes(undefined) ? undefined : parts.flatMap((part) => part!);
  }

  /** What a schema says about a value as a whole. */
  private matchItself(schema: JsonSchema, value: unknown): string[] | undefined {
    if (schema.type !== undefined && ![schema.type].flat().some((type) => hasType(value, type))) return undefined;
    if (schema.const !== undefined && schema.const !== value) return undefined;
    if (!schema.enum) return [];
    return schema.enum.includes(value) ? [`${this.places.get(schema)}=${String(value)}`] : undefined;
  }

  private matchFields(schema: JsonSchema, value: Record<string, unknown>): (string[] | undefined)[] {
    if (schema.required?.some((name) => !Object.hasOwn(value, name))) return [undefined];
    return Object.keys(value).map((name) => {
      const known = schema.properties?.[name];
      if (known) return this.match(known, value[name])?.concat(`${this.places.get(schema)}/${name}`);
      const other = schema.additionalProperties ?? true;
      if (typeof other === 'boolean') return other ? [] : undefined;
      return this.match(other, value[name]);
    });
  }

  private matchItems(schema: JsonSchema, value: readonly unknown[]): (string[] | undefined)[] {
    return value.map((item, index) => {
      const known = schema.prefixItems?.[index] ?? schema.items;
      if (known === false) return undefined;
      return known ? this.match(known, item) : [];
    });
  }

  private target(reference: string): JsonSchema {
    if (reference === '#') return this.root;
    const found = this.root.$defs?.[reference.replace(/^#\/\$defs\//, '')];
    if (!found) throw new Error(`nothing at ${reference}`);
    return found;
  }
}

function childrenOf(schema: JsonSchema, at: string): [JsonSchema, string][] {
  const children: [JsonSchema, string][] = [];
  for (const [name, child] of Object.entries(schema.properties ?? {})) children.push([child, `${at}/${name}`]);
  if (typeof schema.additionalProperties === 'object') children.push([schema.additionalProperties, `${at}/*`]);
  for (const child of [schema.items, ...(schema.prefixItems ?? [])]) if (child) children.push([child, `${at}/[]`]);
  for (const word of ['oneOf', 'anyOf', 'allOf'] as const) {
    schema[word]?.forEach((child, index) => children.push([child, `${at}/${word}/${index}`]));
  }
  return children;
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
