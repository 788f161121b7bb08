/**
 * Following tracked links, at what speed: through the service on a real PostgreSQL, each click committed before it is
 * answered, beside a bare Fastify that leads on to one page, in the same run, by turns and under the same load. In the end a
 * worker turns the clicks into events, and there must be as many as were answered.
 *
 *   npm run bench:links -- --requests 20000 --connections 256 --rounds 5 --links 500 --people 50 --bound 0.5
 *
 * Each of so many links is given to so many people, to all as one link and to each as one of their own; `--bound` is the share
 * of clicks on the latter. So many visitors (`--visitors`), with addresses of their own, follow them. `--seconds` is how long
 * requests come steadily for the latency, at `--rate` a second (half of what the service takes unless given); `--profile`
 * writes a CPU profile of the service.
 */
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { randomNumbers } from '../test/support/random-numbers.js';
import { cpuMsOf, waitedMsOf } from './ingest/cpu.js';
import { sendAll, sendSteadily } from './ingest/load.js';
import { clickOn, sendOutLinks, type SentLinks } from './links/visitors.js';
import { median, quantile } from './measure.js';
import { newDatabase, startProgram, startWorker, stopProgram, type Program } from './programs.js';

const { values: given } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '5' },
    links: { type: 'string', default: '500' },
    people: { type: 'string', default: '50' },
    bound: { type: 'string', default: '0.5' },
    visitors: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
  },
});
const option = (name: Exclude<keyof typeof given, 'profile'>): number => Number(given[name]);
const random = randomNumbers(option('seed'));
const pick = (most: number): number => Math.floor(random() * most);
const rounded = (value: number): number => Math.round(value * 100) / 100;
const isRedirect = (status: number): boolean => status === 302;

let followed = 0;

function clicks({ open, bound }: SentLinks, count: number): string[] {
  return Array.from({ length: count }, () => {
    const paths = random() < option('bound') ? bound : open;
    return clickOn(paths[pick(paths.length)]!, pick(option('visitors')));
  });
}

/** Redirects a second of each program, and the processor time of one in µs, by turns. */
async function throughput(programs: readonly Program[], sent: SentLinks, postgresPid: number) {
  const found = programs.map(() => ({ rates: [] as number[], own: [] as number[], postgres: [] as number[] }));
  for (let round = 0; round <= option('rounds'); round++) {
    for (const [index, { port, child }] of programs.entries()) {
      const requests = clicks(sent, option('requests'));
      const [own, postgres] = [cpuMsOf(child.pid!), cpuMsOf(postgresPid)];
      const began = performance.now();
      await sendAll(port, requests, option('connections'), isRedirect);
      const rate = (requests.length * 1_000) / (performance.now() - began);
      if (index === 0) followed += requests.length;
      if (round === 0) continue; // warms up
      const one = found[index]!;
      one.rates.push(rate);
      one.own.push(((cpuMsOf(child.pid!) - own) * 1_000) / requests.length);
      one.postgres.push(((cpuMsOf(postgresPid) - postgres) * 1_000) / requests.length);
    }
    if (round === 0) continue;
    const [ours, bare] = found.map(({ rates }) => Math.round(rates.at(-1)!));
    console.log(`  round ${round}: ${ours} redirects/s; bare ${bare}`);
  }
  return found;
}

/**
 * How long answers take while clicks come steadily, in ms; and for how many ms of each second the program waited for a
 * processor, without which there would be less of them.
 */
async function latency({ port, child }: Program, sent: SentLinks, perSecond: number) {
  const requests = clicks(sent, Math.round(perSecond * option('seconds')));
  const took: number[] = [];
  const waited = waitedMsOf(child.pid!);
  await sendSteadily(port, requests, { perSecond, connections: option('connections'), took, isRight: isRedirect });
  const at = (share: number): number => rounded(quantile(took, share));
  const waitedASecond = Math.round((waitedMsOf(child.pid!) - waited) / option('seconds'));
  return { p50: at(0.5), p99: at(0.99), waitedASecond };
}

/** Clicks a second that one worker turns into events. Throws unless there are as many events as clicks were answered. */
async function drain(url: string, env: Record<string, string>): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const isEmpty = async (): Promise<boolean> =>
    (await client.query('SELECT FROM link_click_journal LIMIT 1')).rowCount === 0;
  const worker = startWorker(env);
  const began = performance.now();
  while (!(await isEmpty())) await new Promise((resolve) => setTimeout(resolve, 50));
  const seconds = (performance.now() - began) / 1_000;
  const { rows } = await client.query<{ events: string }>(
    `SELECT (SELECT count(*) FROM events WHERE source = 'links') + (SELECT count(*) FROM anonymous_clicks) AS events`,
  );
  await client.end();
  await stopProgram(worker);
  const events = Number(rows[0]!.events);
  if (events !== followed) throw new Error(`${followed} clicks were answered, and ${events} are events`);
  return Math.round(followed / seconds);
}

async function main(serverUrl: string, postgresPid: number): Promise<void> {
  const url = await newDatabase(serverUrl);
  const env = {
    ...{ TURNOUT_ROLES: 'api', HEALTH_PORT: '0', DATABASE_URL: url, LOG_LEVEL: 'warn' },
    ...{ CLIENT_ADDRESS_HEADER: 'x-forwarded-for', API_BODY_LIMIT_BYTES: '67108864' },
  };
  const ours = await startProgram('service.js', { env, isProfiled: given.profile });
  const bare = await startProgram('links/bare-redirect.js');
  const sent = await sendOutLinks(ours, { links: option('links'), people: option('people') });
  console.log(
    `${sent.open.length} links, ${sent.bound.length} given to somebody, ${option('connections')} connections`,
  );
  const [mine, theirs] = await throughput([ours, bare], sent, postgresPid);
  const [figure, ceiling] = [mine!, theirs!].map(({ rates }) => Math.round(median(rates))) as [number, number];
  const perSecond = option('rate') || Math.round(figure / 2);
  const latencyMs = {
    ...{ perSecond, ours: await latency(ours, sent, perSecond), bare: await latency(bare, sent, perSecond) },
  };
  followed += Math.round(perSecond * option('seconds'));
  for (const { child } of [ours, bare]) await stopProgram(child);
  const drainedPerSecond = await drain(url, env);
  console.log(
    JSON.stringify({
      ...{ name: 'links', figure, unit: 'redirects/s', ceiling },
      ratio: rounded(median(mine!.rates.map((rate, round) => rate / theirs!.rates[round]!))),
      p99: latencyMs.ours.p99,
      latencyMs,
      cpuMicroseconds: {
        ours: Math.round(median(mine!.own)),
        postgres: Math.round(median(mine!.postgres)),
        bare: Math.round(median(theirs!.own)),
      },
      ...{ drainedPerSecond, clicks: followed },
    }),
  );
}

const server = await startScratchPostgres();
try {
  await main(server.url, server.pid);
} finally {
  await server.stop();
}
