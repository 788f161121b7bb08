import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_SCHEMA } from './problem-schema.js';
import { VERSION } from './version.js';

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
  const { components, ...document } = SwaggerModule.createDocument(app, about);
  return { ...document, components: { ...components, schemas: { ...components?.schemas, Problem: PROBLEM_SCHEMA } } };
}

/**
 * Serves the description of the API at `/docs`, as JSON at `/docs/json`. Both are open to everybody: they are registered
 * beside Nest's routes, out of the guard's reach, and hold nothing of an installation.
 */
export function mountOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), { jsonDocumentUrl: 'docs/json', raw: ['json'] });
}
