import { Ajv, type ValidateFunction } from 'ajv';

/** As much of OpenAPI's schemas as answers are described with. */
interface Schema {
  $ref?: string;
  nullable?: boolean;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  [keyword: string]: unknown;
}

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}

/** The description of the API. */
export interface Description {
  paths: Record<string, object>;
  components?: object | undefined;
}

interface Route {
  method: string;
  pattern: RegExp;
  parameters: number;
  operation: Operation;
}

/** Tells where answers are not what the description of the API says. */
export class DescribedAnswers {
  private readonly ajv = new Ajv({ allErrors: true, strict: false });
  private readonly routes: Route[];
  private readonly checks = new Map<object, ValidateFunction>();

  constructor({ paths, components }: Description) {
    this.ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    this.ajv.addSchema({ components: toJsonSchema(components as Schema) }, 'api');
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, unknown>).map(([method, operation]) => ({
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
        parameters: path.split('{').length,
        operation: operation as Operation,
      })),
    );
    // `/v1/links/rewrite` is no link.
    this.routes = routes.sort((a, b) => a.parameters - b.parameters);
  }

  /** What is wrong with an answer in JSON; nothing where the description says nothing of it. */
  wrongWith(method: string, path: string, status: number, body: unknown): string[] {
    const [place] = path.split('?');
    const route = this.routes.find((one) => one.method === method && one.pattern.test(place!));
    const schema = route?.operation.responses[status]?.content?.['application/json']?.schema;
    if (!schema) return [];
    const check = this.checks.get(schema) ?? this.ajv.compile(toJsonSchema(schema));
    this.checks.set(schema, check);
    if (check(body)) return [];
    return check.errors!.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}

/** The same as JSON Schema has it, and with no property that is not described: what nobody knows of was not meant to be told. */
function toJsonSchema(schema: Schema): Schema {
  const { nullable, ...rest } = schema;
  const own = Object.fromEntries(Object.entries(rest).map(([keyword, value]) => [keyword, within(value)])) as Schema;
  if (own.$ref !== undefined) own.$ref = own.$ref.replace(/^#/, 'api#');
  if (own.type === 'object' && own.properties) own.additionalProperties ??= false;
  return nullable ? { anyOf: [own, { type: 'null' }] } : own;
}

function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  return typeof value === 'object' && value !== null ? toJsonSchema(value as Schema) : value;
}
