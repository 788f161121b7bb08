/**
 * Gives every source as many bodies as wanted that no sender should send, and a share of them to the running service:
 *
 *   npm run fuzz -- --bodies 1000000 --seed 1
 *   npm run fuzz -- --bodies 1000 --seed 7 --from 5000 --http 0
 *   npm run fuzz -- --routes 20000 --seed 1
 *
 * The last asks all other routes of the API instead: with what the description says, and with what nobody should send. What
 * it answers is held against the description, what was put against what is given back, what was refused against what was there,
 * and lists page by page against themselves.
 *
 * Fails if a source throws, makes nonsense of one, or takes too long; if the service answers with anything but what it
 * should, holds up its event loop, or can't be asked any more afterwards.
 */
import { parseArgs } from 'node:util';
import { fuzzOverHttp } from './over-http.js';
import { Outcomes } from './outcomes.js';
import { fuzzPure, LONGEST_STALL_MS } from './pure.js';
import type { Document } from './routes/document.js';
import { fuzzRoutes } from './routes/fuzz-routes.js';
import { startFuzzedService, type FuzzedService } from './service.js';

const { values } = parseArgs({
  options: {
    ...{ bodies: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' }, http: { type: 'string' } },
    routes: { type: 'string' },
  },
});
const bodies = Number(values.bodies ?? 100_000);
const seed = Number(values.seed ?? 1);
const from = Number(values.from ?? 0);
const overHttp = Math.min(bodies, Number(values.http ?? Math.ceil(bodies / 50)));
const SHOWN_EVERY = 50_000;
const MOST_SHOWN = 20;

async function main(): Promise<void> {
  if (values.routes !== undefined) return askRoutes(Number(values.routes));
  const began = performance.now();
  const pure = new Outcomes();
  const wrong: string[] = [];
  for (let index = from; index < from + bodies; index += SHOWN_EVERY) {
    wrong.push(...fuzzPure(seed, { from: index, to: Math.min(index + SHOWN_EVERY, from + bodies) }, pure));
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.error(`${pure.total.toLocaleString('en')} bodies in ${seconds} s, ${wrong.length} wrong`);
  }
  const http = new Outcomes();
  const stalls = overHttp > 0 ? await askService(http, wrong) : 0;
  console.log(`Read by the sources:\n${pure.table()}\n\nAnswered by the service:\n${http.table()}\n`);
  for (const what of wrong.slice(0, MOST_SHOWN)) console.log(what);
  const result = {
    name: 'fuzz',
    ...{ bodies: pure.total, overHttp: http.total, seed, wrong: wrong.length, stalls },
    seconds: Math.round((performance.now() - began) / 1_000),
  };
  console.log(JSON.stringify(result));
  process.exitCode = wrong.length > 0 || stalls > 0 ? 1 : 0;
}

/** Returns how often the service's event loop was held up by its own work. */
async function askService(outcomes: Outcomes, wrong: string[]): Promise<number> {
  const service = await startFuzzedService();
  try {
    const before = stallsIn(service);
    wrong.push(...(await fuzzOverHttp(service, seed, { from, to: from + overHttp }, outcomes)));
    const health = await fetch(`${service.url}/healthz`);
    if (health.status !== 200) wrong.push(`the service answers ${health.status} at /healthz afterwards`);
    const stalls = stallsIn(service).slice(before.length);
    if (stalls.length > 0) console.log(`Held up for more than ${LONGEST_STALL_MS} ms:\n${stalls.join('\n')}`);
    return stalls.length;
  } finally {
    await service.stop();
  }
}

async function askRoutes(calls: number): Promise<void> {
  const began = performance.now();
  const outcomes = new Outcomes();
  const service = await startFuzzedService();
  try {
    const document = (await (await fetch(`${service.url}/docs/json`)).json()) as Document;
    const watched = { ...service, document, stalls: () => stallsIn(service).length };
    const wrong = await fuzzRoutes(watched, seed, calls, outcomes);
    console.log(`${outcomes.table()}\n`);
    for (const what of wrong.slice(0, MOST_SHOWN)) console.log(what);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(JSON.stringify({ name: 'fuzz-routes', calls: outcomes.total, seed, wrong: wrong.length, seconds }));
    process.exitCode = wrong.length > 0 ? 1 : 0;
  } finally {
    await service.stop();
  }
}

function stallsIn({ printed }: FuzzedService): string[] {
  return printed()
    .split('\n')
    .filter((line) => line.includes('"loop held up"'));
}

await main();
