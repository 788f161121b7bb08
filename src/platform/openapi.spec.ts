import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { ApiKeysController } from './auth/api-keys.controller.js';
import { ApiKeyStore } from './auth/api-key-store.js';
import { describeApi } from './openapi.js';
import { VERSION } from './version.js';

it('describes the routes, the forms of their bodies, and how to authenticate', async () => {
  const unopened = new DataSource({ type: 'postgres', url: 'postgres://127.0.0.1:1/none' });
  const module = await Test.createTestingModule({
    controllers: [ApiKeysController],
    providers: [
      { provide: DataSource, useValue: unopened },
      { provide: ApiKeyStore, useValue: new ApiKeyStore(unopened) },
    ],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.init();
  try {
    const { info, paths, components } = describeApi(app);
    expect(info).toMatchObject({ title: 'Turnout', version: VERSION });
    expect(components?.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
    });
    expect(paths['/v1/api-keys']?.post?.security).toEqual([{ bearer: [] }]);
    expect(components?.schemas?.CreateApiKeyDto).toMatchObject({ required: ['name', 'scopes'] });
  } finally {
    await app.close();
  }
});
