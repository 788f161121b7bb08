import { Logger } from '@nestjs/common';
import { createLogger, NestLogger } from './logger.js';

describe('the log', () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug' }, { write: (line) => void lines.push(line) });
  const logged = () => lines.map((line) => JSON.parse(line));

  beforeEach(() => void lines.splice(0));

  it('is one JSON object a line, with the time, the level and the fields', () => {
    logger.warn({ msg: 'a delivery was kept aside', source: 'shopify', lanes: [1, 2], version: 12n });
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(logged()).toEqual([
      expect.objectContaining({
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        msg: 'a delivery was kept aside',
        source: 'shopify',
        lanes: [1, 2],
        version: '12',
      }),
    ]);
  });

  it('leaves out what is below its level', () => {
    const quiet = createLogger({ level: 'error' }, { write: (line) => void lines.push(line) });
    quiet.warn('x');
    quiet.error('y');
    expect(logged()).toMatchObject([{ msg: 'y' }]);
  });

  it('hides secrets and personal data by name, however deep they lie', () => {
    logger.info({
      headers: { Authorization: 'Bearer hidden-1', Cookie: 'hidden-2', 'x-cio-signature': 'hidden-3' },
      profiles: [{ id: 7, email: 'hidden-4', contact: { phone: 'hidden-5' } }],
      recipient: 'hidden-6',
      body: Buffer.from('hidden-7'),
      config: { customerio: { credentials: { apiKey: 'hidden-8', api_key: 'hidden-9' } }, databaseUrl: 'hidden-10' },
      msg: 'm',
    });
    expect(lines[0]).not.toContain('hidden');
    expect(logged()[0]).toMatchObject({ profiles: [{ id: 7, email: '[redacted]' }], msg: 'm' });
  });

  it('writes an error without what quotes values: PostgreSQL details and SQL parameters', () => {
    const driverError = Object.assign(new Error('duplicate key value'), {
      code: '23505',
      detail: 'Key (value)=(hidden) already exists.',
    });
    const error = Object.assign(new Error('query failed'), { parameters: ['hidden'], driverError, cause: driverError });
    logger.error({ msg: 'm', err: error });
    expect(lines[0]).not.toContain('hidden');
    expect(logged()[0].err).toMatchObject({
      type: 'Error',
      message: 'query failed',
      stack: expect.stringContaining('logger.spec'),
      cause: { message: 'duplicate key value', code: '23505' },
    });
  });

  it('writes nothing that PostgreSQL quotes of a value it refuses, but where it happened', () => {
    for (const code of ['22P02', '22000', 'P0001']) {
      const error = Object.assign(new Error('invalid input syntax for type uuid: "hidden"'), { code });
      logger.error({ msg: 'm', err: error });
    }
    expect(lines.join('')).not.toContain('hidden');
    expect(logged()[0].err).toMatchObject({ code: '22P02', stack: expect.stringContaining('logger.spec') });
  });

  it('keeps what PostgreSQL says of other errors', () => {
    logger.error({ msg: 'm', err: Object.assign(new Error('relation "gone" does not exist'), { code: '42P01' }) });
    expect(logged()[0].err).toMatchObject({ message: 'relation "gone" does not exist' });
  });

  it('blots out emails in texts, but leaves the paths of modules and versions', () => {
    logger.warn({
      error: 'invalid input syntax for type bigint: "ada.lovelace+1@mail.example.com"',
      stack: 'at file:///app/node_modules/@nestjs/core/router.js:1 (typeorm@1.1.1)',
    });
    expect(logged()[0]).toMatchObject({
      error: 'invalid input syntax for type bigint: "[email]"',
      stack: 'at file:///app/node_modules/@nestjs/core/router.js:1 (typeorm@1.1.1)',
    });
  });

  it('survives what refers to itself', () => {
    const loop: Record<string, unknown> = { msg: 'm' };
    loop.self = loop;
    logger.info(loop);
    expect(logged()).toMatchObject([{ msg: 'm' }]);
  });
});

describe('what is logged through Nest', () => {
  const lines: string[] = [];
  const logged = () => lines.map((line) => JSON.parse(line));

  beforeAll(() => {
    const logger = createLogger({ level: 'trace' }, { write: (line) => void lines.push(line) });
    Logger.overrideLogger(new NestLogger(logger));
  });
  beforeEach(() => void lines.splice(0));
  afterAll(() => Logger.overrideLogger(['error']));

  it('keeps its level and its context', () => {
    const logger = new Logger('Sweep');
    logger.fatal('a');
    logger.error('b');
    logger.warn('c');
    logger.log('d');
    logger.debug('e');
    logger.verbose('f');
    expect(logged().map(({ level, context, msg }) => [level, context, msg])).toEqual([
      ['fatal', 'Sweep', 'a'],
      ['error', 'Sweep', 'b'],
      ['warn', 'Sweep', 'c'],
      ['info', 'Sweep', 'd'],
      ['debug', 'Sweep', 'e'],
      ['trace', 'Sweep', 'f'],
    ]);
  });

  it('keeps fields, errors and stacks', () => {
    const logger = new Logger('Sweep');
    logger.warn({ msg: 'lost', lane: 7 });
    logger.error(new Error('boom'));
    logger.error('failed', new Error('inner'));
    logger.error('failed', 'Error: x\n    at y');
    expect(logged()).toMatchObject([
      { msg: 'lost', lane: 7, context: 'Sweep' },
      { msg: 'boom', context: 'Sweep', err: { message: 'boom', stack: expect.stringContaining('logger.spec') } },
      { msg: 'failed', context: 'Sweep', err: { message: 'inner' } },
      { msg: 'failed', context: 'Sweep', err: { stack: 'Error: x\n    at y' } },
    ]);
  });
});
