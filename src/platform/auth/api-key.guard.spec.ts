import { Controller, Get } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { ProblemFilter } from '../problem.filter.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeyStore } from './api-key-store.js';
import { Public } from './public.js';
import { RequireScope } from './require-scope.js';

@Controller('undeclared')
class UndeclaredController {
  @Get()
  get() {
    return 'secret';
  }
}

@RequireScope('manage')
@Controller('managed')
class ManagedController {
  @Get()
  get() {
    return 'secret';
  }

  @Get('open')
  @Public('a test')
  open() {
    return { is: 'open' };
  }
}

@Public('a test')
@Controller('open')
class OpenController {
  @Get()
  get() {
    return { is: 'open' };
  }

  @Get('managed')
  @RequireScope('manage')
  managed() {
    return 'secret';
  }
}

// What keys are good for is tested with a database; nothing here gets as far as one.
describe('the guard of the API', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const unopened = new DataSource({ type: 'postgres', url: 'postgres://127.0.0.1:1/none' });
    const module = await Test.createTestingModule({
      controllers: [UndeclaredController, ManagedController, OpenController],
      providers: [
        { provide: ApiKeyStore, useFactory: () => new ApiKeyStore(unopened) },
        { provide: APP_GUARD, useClass: ApiKeyGuard },
      ],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(() => app.close());

  const ask = (path: string, authorization?: string) =>
    fetch(url + path, authorization === undefined ? {} : { headers: { authorization } });

  it('refuses a route that does not say who may use it, with and without a key', async () => {
    expect((await ask('/undeclared')).status).toBe(403);
    const response = await ask('/undeclared', `Bearer tk_${'a'.repeat(43)}`);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('closed') });
  });

  it.each(['/managed', '/open/managed'])('asks for a key where a scope is required: %s', async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="turnout"');
    expect(await response.json()).toMatchObject({
      status: 401,
      detail: expect.stringContaining('Authorization: Bearer'),
    });
  });

  it.each(['/open', '/managed/open'])('asks for nothing where a route is public: %s', async (path) => {
    expect((await ask(path)).status).toBe(200);
    expect((await ask(path, 'Bearer nonsense')).status).toBe(200);
  });

  it.each([
    'Bearer nonsense',
    'Bearer',
    `tk_${'a'.repeat(43)}`,
    `Basic ${Buffer.from(`tk_${'a'.repeat(43)}:`).toString('base64')}`,
    `Bearer tk_${'a'.repeat(42)}`,
    `Bearer tk_${'a'.repeat(43)}, Bearer tk_${'a'.repeat(43)}`,
  ])('refuses what is no key: %s', async (authorization) => {
    const response = await ask('/managed', authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
});
