import { readFileSync } from 'node:fs';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fencesIn } from '../support/doc-examples.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

describe.each(['docs/utm.md', 'docs/rewriting.md'])('%s', (file) => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/link-domains/go.shop.example', { allowedHosts: ['shop.example'] });
    await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  it('tells calls and answers by turns, and they are answered so', async () => {
    const fences = fencesIn(readFileSync(file, 'utf8')).filter(({ info }) => info !== 'sh');
    const told = fences.map(({ info }) => info);
    expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'http' : 'json answer')));
    expect(told.length).toBeGreaterThan(0);
    let answer: JsonObject = {};
    for (const { info, text, title } of fences) {
      if (info === 'http') {
        const [line, ...body] = text.split('\n');
        const [method, path] = line!.split(' ');
        answer = await turnout.must(method!, path!, body.length > 0 ? JSON.parse(body.join('\n')) : undefined);
      } else expect({ title, ...answer }).toMatchObject({ title, ...(JSON.parse(text) as object) });
    }
  });

  it('names every kind of finding, and every reason', () => {
    const [source, of] =
      file === 'docs/utm.md'
        ? ['src/utm/judge-value.ts', 'FindingKind']
        : ['src/rewriting/left-alone.ts', 'LeftReason'];
    const [, union] = new RegExp(`export type ${of} =([^;]*);`).exec(readFileSync(source, 'utf8'))!;
    const names = [...union!.matchAll(/'([\w-]+)'/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(5);
    const document = readFileSync(file, 'utf8');
    expect(names.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });
});
