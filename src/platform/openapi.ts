import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from './version.js';

/**
 * Serves the description of the API at `/docs`, as JSON at `/docs/json`. Both are open to everybody: they are registered
 * beside Nest's routes, out of the guard's reach, and hold nothing of an installation.
 */
export function mountOpenApi(app: INestApplication): void {
  const description = new DocumentBuilder()
    .setTitle('Turnout')
    .setDescription('Exact segment memberships and branch decisions from clicks and orders.')
    .setVersion(VERSION)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' })
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'docs/json',
    raw: ['json'],
  });
}
