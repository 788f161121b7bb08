/** As much of OpenAPI as the service's own document uses. */
export interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  example?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  example?: unknown;
  schema: Schema;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Route {
  method: string;
  /** As the document has it, with `{name}` for its parameters. */
  path: string;
  parameters: readonly Parameter[];
  /** The forms of its body by type; empty where it has none. */
  bodies: readonly (readonly [type: string, schema: Schema])[];
  /** The statuses that the document speaks of, `default` among them. */
  statuses: readonly string[];
}

/** What the sources take has a fuzz of its own. */
const OF_SOURCES = /^\/v1\/(sources\/\{source\}|identify|track|page|screen|group|alias|batch|import|b)$/;

export function routesOf(document: Document): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => !(method === 'post' && OF_SOURCES.test(path)))
      .map(([method, { parameters = [], requestBody, responses }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        bodies: Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => [type, schema] as const),
        statuses: Object.keys(responses),
      })),
  );
}

/** The schema that a reference leads to; what is no reference is itself. */
export function resolved(document: Document, schema: Schema): Schema {
  const { $ref, allOf, ...rest } = schema;
  if (allOf) return Object.assign({}, ...allOf.map((one) => resolved(document, one)), rest) as Schema;
  return $ref === undefined ? schema : (document.components?.schemas?.[$ref.split('/').at(-1)!] ?? {});
}
