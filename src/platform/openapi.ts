import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import answers from './answer-schemas.json' with { type: 'json' };
import { PROBLEM_SCHEMA } from './problem-schema.js';
import { VERSION } from './version.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ResponseObject = Exclude<NonNullable<OperationObject['responses'][string]>, { $ref: string }>;

type Methods = Record<string, OperationObject>;

const NO_CONTENT = '204';

/** What is answered with success, by the id of the operation; written by `npm run answers`. */
const ANSWERS: Readonly<Record<string, object>> = answers.operations;

/** The description of all routes, as OpenAPI has it. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Turnout')
    .setDescription('Exact segment memberships and branch decisions from clicks and orders.')
    .setVersion(VERSION)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' })
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'A write key: an API key as user name, no password' })
    .addGlobalResponse({
      status: 'default',
      description: 'Why it is refused',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    })
    .build();
  const { components, paths, ...document } = SwaggerModule.createDocument(app, about);
  for (const methods of Object.values(paths))
    for (const operation of Object.values(methods as Methods)) describeAnswers(operation);
  const schemas = { ...components?.schemas, ...answers.parts, Problem: PROBLEM_SCHEMA };
  return { ...document, paths, components: { ...components, schemas } };
}

/** Says what is answered with success, where nothing else was said of it. */
function describeAnswers({ operationId, responses }: OperationObject): void {
  // A method of several paths has an id for each: …[0], …[1].
  const schema = ANSWERS[operationId?.replace(/\[\d+\]$/, '') ?? ''];
  if (!schema) return;
  for (const [status, response] of Object.entries(responses) as [string, ResponseObject][]) {
    if (status.startsWith('2') && status !== NO_CONTENT) response.content ??= { 'application/json': { schema } };
  }
}

/**
 * Serves the description of the API at `/docs`, as JSON at `/docs/json`. Both are open to everybody: they are registered
 * beside Nest's routes, out of the guard's reach, and hold nothing of an installation.
 */
export function mountOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), { jsonDocumentUrl: 'docs/json', raw: ['json'] });
}
