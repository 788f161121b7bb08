import { DescribedAnswers } from '../support/described-answers.js';

const answering = (schema: object) => ({ responses: { '200': { content: { 'application/json': { schema } } } } });

const answers = new DescribedAnswers({
  paths: {
    '/v1/links/{id}': { get: answering({ $ref: '#/components/schemas/Link' }), delete: { responses: { '204': {} } } },
    '/v1/links/count': { get: answering({ type: 'object', properties: { links: { type: 'number' } } }) },
    '/v1/links': {
      get: answering({
        type: 'object',
        properties: { links: { type: 'array', items: { $ref: '#/components/schemas/Link' } } },
      }),
    },
  },
  components: {
    schemas: {
      Link: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          state: { type: 'string', enum: ['live', 'expired'] },
          madeAt: { type: 'string', format: 'date-time', nullable: true },
          next: { allOf: [{ $ref: '#/components/schemas/Link' }], nullable: true },
          tags: { type: 'object', additionalProperties: { type: 'string' } },
        },
        required: ['id'],
      },
    },
  },
});

const LINK = {
  id: 'a',
  state: 'live',
  madeAt: '2026-01-01T00:00:00.000Z',
  next: { id: 'b', madeAt: null, next: null },
  tags: { x: 'y' },
};

describe('answers beside their description', () => {
  it.each<[string, string, unknown]>([
    ['all that is described', '/v1/links/a', LINK],
    ['only what must be there', '/v1/links/a?at=now', { id: 'a' }],
    ['some of them', '/v1/links', { links: [LINK, { id: 'a' }] }],
    ['the count, which is no link', '/v1/links/count', { links: 1 }],
  ])('are right with %s', (_, path, body) => {
    expect(answers.wrongWith('GET', path, 200, body)).toEqual([]);
  });

  it.each<[string, string, unknown, string]>([
    ['something missing', '/v1/links/a', {}, 'required'],
    ['something more', '/v1/links/a', { id: 'a', secret: 'x' }, 'secret'],
    ['something more further below', '/v1/links', { links: [{ id: 'a', next: { id: 'b', secret: 'x' } }] }, 'secret'],
    ['another type', '/v1/links/a', { id: 7 }, '/id'],
    ['another value', '/v1/links/a', { id: 'a', state: 'lost' }, '/state'],
    ['no instant', '/v1/links/a', { id: 'a', madeAt: 'today' }, '/madeAt'],
    ['null where there is none', '/v1/links/a', { id: null }, '/id'],
    ['another type among what has any name', '/v1/links/a', { id: 'a', tags: { x: 1 } }, '/tags/x'],
    ['a link for the count', '/v1/links/count', { id: 'a' }, 'id'],
  ])('are wrong with %s', (_, path, body, what) => {
    expect(answers.wrongWith('GET', path, 200, body).join()).toContain(what);
  });

  it.each<[string, string, string, number]>([
    ['a status', 'GET', '/v1/links/a', 404],
    ['an answer without a body', 'DELETE', '/v1/links/a', 204],
    ['a route', 'GET', '/v1/nothing', 200],
  ])('are nobody’s matter where %s is not described', (_, method, path, status) => {
    expect(answers.wrongWith(method, path, status, { any: 'thing' })).toEqual([]);
  });
});
