import { Body, Controller, ForbiddenException, Get, HttpException, Param, ParseIntPipe, Post } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { jsonBodyParser } from './json-body-parser.js';
import { createLogger, NestLogger } from './logger.js';
import { jsonPointer, Problem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';

@Controller('things')
class ThingsController {
  @Post()
  take(@Body() body: unknown): unknown {
    return body;
  }

  @Get('problem')
  problem(): never {
    throw new Problem({
      status: 409,
      type: 'https://example.com/taken',
      title: 'Taken',
      detail: 'It is taken.',
      errors: [{ pointer: '/key', detail: 'is taken', expected: 'another' }],
      members: { owner: 'ada' },
      headers: { 'retry-after': '3' },
    });
  }

  @Get('forbidden')
  forbidden(): never {
    throw new ForbiddenException('Not you.');
  }

  @Get('number/:n')
  number(@Param('n', ParseIntPipe) n: number): number {
    return n;
  }

  @Get('broken/:email')
  broken(): never {
    throw new Error('password=hunter2');
  }

  @Get('away')
  away(): never {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
  }

  @Get('down')
  down(): never {
    throw new HttpException('connection to 10.0.0.7 lost', 503);
  }
}

describe('what was thrown', () => {
  const log: string[] = [];
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [ThingsController] }).compile();
    const adapter = new FastifyAdapter({ bodyLimit: 200 });
    const logger = new NestLogger(createLogger({ level: 'warn' }, { write: (line) => void log.push(line) }));
    app = module.createNestApplication<NestFastifyApplication>(adapter, { logger, bodyParser: false });
    app.useBodyParser('application/json', { bodyLimit: 200 }, jsonBodyParser(app.getHttpAdapter().getInstance()));
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(() => app.close());
  beforeEach(() => void log.splice(0));

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(url + path, init);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body = JSON.parse(await response.text());
    expect(body.status).toBe(response.status);
    return { body, headers: response.headers };
  }

  const post = (body: string, type = 'application/json') =>
    ask('/things', { method: 'POST', body, headers: { 'content-type': type } });

  it('answers a problem with all that it says', async () => {
    const { body, headers } = await ask('/things/problem');
    expect(body).toEqual({
      type: 'https://example.com/taken',
      title: 'Taken',
      status: 409,
      detail: 'It is taken.',
      errors: [{ pointer: '/key', detail: 'is taken', expected: 'another' }],
      owner: 'ada',
    });
    expect(headers.get('retry-after')).toBe('3');
    expect(log).toEqual([]);
  });

  it('names the method and the path of an unknown route, and nothing of its query', async () => {
    const { body } = await ask('/nowhere?email=ada@example.com', { method: 'PUT' });
    expect(body).toEqual({ title: 'Not Found', status: 404, detail: 'There is no PUT /nowhere.' });
  });

  it("passes on Nest's own refusals", async () => {
    expect((await ask('/things/forbidden')).body).toEqual({ title: 'Forbidden', status: 403, detail: 'Not you.' });
    expect((await ask('/things/number/x')).body).toMatchObject({
      status: 400,
      detail: expect.stringContaining('numeric'),
    });
  });

  it('refuses a body that is too large with 413', async () => {
    expect((await post(JSON.stringify('x'.repeat(200)))).body).toMatchObject({
      title: 'Payload Too Large',
      status: 413,
    });
  });

  it('refuses a body that is not JSON with 400 and where it breaks', async () => {
    expect((await post('{"a": 1,\n b: 2}')).body.detail).toBe('The body is not valid JSON: see line 2, column 2.');
  });

  it('refuses an empty body, wrong bytes and poisoned keys with 400', async () => {
    expect((await post('')).body).toMatchObject({ status: 400, detail: expect.stringContaining('empty') });
    expect((await post('{"__proto__": {"a": 1}}')).body).toMatchObject({
      status: 400,
      detail: expect.stringContaining('__proto__'),
    });
    const latin1 = await ask('/things', {
      method: 'POST',
      body: Buffer.from([0x22, 0xe9, 0x22]),
      headers: { 'content-type': 'application/json' },
    });
    expect(latin1.body).toMatchObject({ status: 400, detail: expect.stringContaining('UTF-8') });
  });

  it('refuses another kind of body with 415', async () => {
    expect((await post('<a/>', 'application/xml')).body).toMatchObject({ status: 415 });
  });

  it('says of an unexpected error nothing but an id, under which it is logged', async () => {
    const { body } = await ask('/things/broken/ada@example.com');
    const id = body.instance.replace('urn:uuid:', '');
    expect(body).toEqual({
      title: 'Internal Server Error',
      status: 500,
      detail: `Something went wrong on our side. It is logged under ${id}.`,
      instance: `urn:uuid:${id}`,
    });
    const [line, ...others] = log.map((text) => JSON.parse(text));
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'error',
      errorId: id,
      method: 'GET',
      route: '/things/broken/:email',
      err: { message: 'password=hunter2' },
    });
    expect(log[0]).not.toContain('ada@example.com');
  });

  it('says that the database is away, and the log says it once for all requests of the next seconds', async () => {
    for (let times = 0; times < 3; times++) {
      const { body, headers } = await ask('/things/away');
      expect(body).toEqual({
        title: 'Service Unavailable',
        status: 503,
        detail: 'The database can not be asked just now. Send the same again in a moment.',
      });
      expect(headers.get('retry-after')).toBe('1');
    }
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', err: { message: 'connect ECONNREFUSED 10.0.0.7:5432' } },
    ]);
  });

  it('keeps the status, but not the message, of an exception that is a failure of ours', async () => {
    const { body } = await ask('/things/down');
    expect(body).toMatchObject({ title: 'Service Unavailable', status: 503 });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect(log).toHaveLength(1);
  });
});

describe('a JSON pointer', () => {
  it('escapes ~ and / as RFC 6901 asks', () => {
    expect(jsonPointer('a/b', 0, 'm~n', '')).toBe('/a~1b/0/m~0n/');
    expect(jsonPointer()).toBe('');
  });
});
