import 'reflect-metadata';
import { constants } from 'node:os';
import { clicks, instant, orders, reports } from '../scenarios/scenario.js';
import { DAY, HOUR } from '../support/builders.js';
import type { JsonObject } from '../support/turnout.js';
import type { SentWebhook } from '../support/webhooks.js';
import { LinkStory } from './link-story.js';
import { Checks, shortTime, table } from './show.js';
import { SETTLE_DELAY, Stage } from './stage.js';

const MINUTE = 60_000;
const REFILL = 'https://shop.example/refill/beans?utm_source=customer.io&utm_content=refill_cta';
const CART = 'https://shop.example/cart?cart_token=c0ffee';

const SEGMENTS = {
  replenish: { performed: 'click', where: { cta: 'replenish' }, within: '30d' },
  'abandoned-cart': {
    performed: 'click',
    where: { cta: 'cart' },
    within: '7d',
    notFollowedBy: { performed: 'purchase', within: '3d' },
  },
  'not-clicked': {
    all: [
      { performed: 'email_delivered', where: { campaign_id: 7 }, within: '14d' },
      { not: { performed: 'click', where: { campaign_id: 7 }, within: '14d' } },
    ],
  },
  buyers: { performed: 'purchase', within: '30d' },
};

/** The segment at Customer.io that mirrors ours. */
const ABANDONED = Object.keys(SEGMENTS).indexOf('abandoned-cart') + 1;

const PEOPLE = ['lena', 'zoe', 'rhea', 'olga', 'max', 'nora', 'ada', 'ben', 'cleo'];

const checks = new Checks();

/** What the clock shows, in ms since the story began. */
let clock = 0;

async function play(stage: Stage): Promise<void> {
  await declare(stage);
  const link = new LinkStory(stage, { at, tell, say, check });
  checks.chapter('a link, from the template to the shop');
  await link.begin();
  await firstDays(stage);
  await cartDays(stage);
  await crash(stage);
  await threeDaysLater(stage);
  await thirtyDaysLater(stage);
  await whatCustomerioHolds(stage);
  checks.chapter('what came of the link');
  await link.end();
}

async function declare(stage: Stage): Promise<void> {
  checks.chapter('what the marketers declare');
  await at(stage, 0);
  const { client, customerio } = stage;
  for (const id of PEOPLE) customerio.seedPerson({ id, email: `${id}@example.com`, cio_id: `cio${id}` });
  await client.must('PUT', '/v1/ctas/replenish', {
    kind: 'reorder',
    patterns: [{ host: 'shop.example', path: '/refill/*' }],
  });
  await client.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example', path: '/cart' }] });
  const rows: string[][] = [];
  for (const [index, [key, rule]] of Object.entries(SEGMENTS).entries()) {
    customerio.seedSegment({ id: index + 1, name: key, type: 'manual' });
    const push = { customerio: { segmentId: index + 1 } };
    const { sentence } = await client.must('PUT', `/v1/segments/${key}`, { rule, push });
    rows.push([key, String(sentence)]);
  }
  table(['segment', 'rule'], rows);
  await client.must('PUT', '/v1/journeys/spring', {
    branchPoints: {
      'after-cart': {
        branches: [
          { key: 'remove-friction', segment: 'abandoned-cart' },
          { key: 'another-hook', segment: 'not-clicked' },
        ],
        default: 'continue',
        whenPending: 'wait',
      },
    },
  });
  const wrong = await client.call('PUT', '/v1/segments/wrong', {
    rule: { performed: 'click', within: '30 days', wher: {} },
  });
  const pointers = (wrong.body.errors as { pointer: string }[]).map((one) => one.pointer);
  check('a wrong rule is refused with a pointer to every problem', pointers, ['/rule/wher', '/rule/within']);
}

async function firstDays(stage: Stage): Promise<void> {
  checks.chapter('the first days: clicks, a robot, a forger');
  await tell(stage, HOUR, 'Zoe gets the campaign, clicks and buys', [
    reports('zoe', HOUR - MINUTE, { metric: 'delivered' }),
    clicks('zoe', HOUR, CART),
    orders('orders/create', 'zoe', HOUR),
  ]);
  await tell(stage, 10 * HOUR, 'Rhea clicks the replenishment CTA', [clicks('rhea', 10 * HOUR, REFILL)]);
  const again = await stage.client.send(clicks('rhea', 10 * HOUR, REFILL));
  check('the same click delivered again counts once', again.body, { status: 'duplicate' });
  await tell(stage, 2 * DAY, 'a robot follows the links in the email to Max', [
    clicks('max', 2 * DAY, REFILL, { data: { machine: true } }),
  ]);
  await tell(stage, 3 * DAY, "Olga's click arrives", [clicks('olga', 3 * DAY, REFILL)]);
  await tell(stage, 3 * DAY + HOUR, "… and an older click of Olga's arrives after it", [clicks('olga', DAY, REFILL)]);
  await expectMembers(stage, 'replenish', ['olga', 'rhea']);

  const before = [await stage.count('events'), await stage.count('dead_letters')];
  const forged = {
    ...clicks('max', 3 * DAY, REFILL),
    headers: { 'X-CIO-Timestamp': '1', 'X-CIO-Signature': 'f'.repeat(64) },
  };
  const refused = await stage.client.send(forged);
  check('a forged click of Max is refused', refused.status, 401);
  check('… and leaves no trace', [await stage.count('events'), await stage.count('dead_letters')], before);
  const unusable = await stage.client.send(clicks('max', 3 * DAY, REFILL, { identifiers: {}, eventId: 'NOBODY' }));
  check('a signed click of nobody is answered 200', unusable.status, 200);
  const { deadLetters } = await stage.client.must('GET', '/v1/sources/dead-letters');
  const reasons = (deadLetters as JsonObject[]).map((one) => one.reason as string);
  check('… and kept among the dead letters', reasons, ['no_identifier']);
}

async function cartDays(stage: Stage): Promise<void> {
  checks.chapter('day 20: three people click the cart link, one does not click at all');
  await tell(stage, 20 * DAY, 'Nora gets the campaign', [reports('nora', 20 * DAY, { metric: 'delivered' })]);
  const people = ['ada', 'ben', 'cleo'];
  await tell(
    stage,
    20 * DAY + HOUR,
    'Ada, Ben and Cleo click the cart link',
    people.map((one) => clicks(one, 20 * DAY + HOUR, CART)),
  );
  await expectMembers(stage, 'abandoned-cart', []);
  await expectMembers(stage, 'not-clicked', ['nora']);
  const answers = await expectBranches(stage, { ada: null, nora: 'another-hook', rhea: 'continue' });
  const settlesAt = new Date(instant(23 * DAY + HOUR)).toISOString();
  check('Ada is told to wait exactly three days from her click', answers.ada?.settles_at, settlesAt);
}

async function crash(stage: Stage): Promise<void> {
  checks.chapter('day 21: Ben buys, and the power fails');
  await at(stage, 21 * DAY);
  const before = await stage.count('events');
  const answers = await Promise.all([
    stage.client.send(orders('orders/create', 'ben', 21 * DAY)),
    stage.client.send(clicks('rhea', 21 * DAY, CART)),
  ]);
  await stage.killService();
  const statuses = answers.map((one) => one.status);
  say(`kill -9, right after ${statuses.length} webhooks were answered ${statuses.join(' and ')}`);
  await stage.startService();
  // What the dead one may have been about to send is another's to send once its claim has ended.
  await at(stage, 21 * DAY + MINUTE);
  say('the service is up again, on the same data');
  check('both webhooks had been answered 200', statuses, [200, 200]);
  check('… and neither is lost', (await stage.count('events')) - before, 2);
  await expectMembers(stage, 'buyers', ['ben', 'lena', 'zoe']);
  const rhea = await stage.client.must('GET', '/v1/segments/abandoned-cart/profiles/customer_id:rhea');
  check("Rhea's click on the cart link waits for its three days", rhea.undetermined, 'pending');
}

async function threeDaysLater(stage: Stage): Promise<void> {
  checks.chapter('day 23: three days after the clicks, to the millisecond');
  const due = 23 * DAY + HOUR;
  await at(stage, due - 1);
  await expectMembers(stage, 'abandoned-cart', []);
  await at(stage, due);
  await expectMembers(stage, 'abandoned-cart', ['ada', 'cleo']);
  await expectBranches(stage, { ada: 'remove-friction', ben: 'continue', cleo: 'remove-friction' });
  check('Customer.io hears of neither yet', stage.customerio.membershipOperations(ABANDONED), []);
  await tell(stage, due + 10 * MINUTE, "Cleo's purchase of the day before comes in late", [
    orders('orders/paid', 'cleo', 22 * DAY),
    orders('orders/create', 'zoe', due + 10 * MINUTE, { orderId: 2 }), // the shop's webhooks are up to date again
  ]);
  await expectMembers(stage, 'abandoned-cart', ['ada']);
  await at(stage, due + SETTLE_DELAY);
  const told = stage.customerio.membershipOperations(ABANDONED).map((one) => `${one.operation} ${one.person}`);
  check('a quarter of an hour later it hears of Ada, and never of Cleo, who bought', told, ['add ada']);
  await standings(stage);
  const unknown = await decide(stage, 'nobody');
  check(
    'somebody unknown takes the default branch, marked',
    [unknown.branch, unknown.error_code],
    ['continue', 'PROFILE_UNKNOWN'],
  );
}

async function thirtyDaysLater(stage: Stage): Promise<void> {
  checks.chapter('day 30: the replenishment click is 30 days old, to the millisecond');
  const end = 30 * DAY + 10 * HOUR;
  await at(stage, end - 1);
  await expectMembers(stage, 'replenish', ['olga', 'rhea']);
  await at(stage, end);
  await expectMembers(stage, 'replenish', ['olga']);
  await standings(stage);
  const { transitions } = await stage.client.must('GET', '/v1/profiles/customer_id:rhea');
  const rows = (transitions as JsonObject[]).map(
    (one) => [one.segment, one.kind, shortTime(one.at as string), one.cause] as string[],
  );
  console.log('  What Rhea went through:\n');
  table(['segment', 'what', 'when', 'because of'], rows);
  const last = (transitions as JsonObject[]).filter((one) => one.segment === 'replenish').at(-1)!;
  check(
    'Rhea left at the exact instant, moved by time alone',
    [last.kind, last.at, last.cause],
    ['exited', new Date(instant(end)).toISOString(), 'time'],
  );
}

async function whatCustomerioHolds(stage: Stage): Promise<void> {
  checks.chapter('what Customer.io received');
  const rows: string[][] = [];
  for (const [index, key] of Object.keys(SEGMENTS).entries()) {
    const operations = stage.customerio.membershipOperations(index + 1);
    const held = stage.customerio.segmentMembers(index + 1).sort();
    rows.push([
      key,
      held.join(', ') || '—',
      operations.map((one) => `${one.operation === 'add' ? '+' : '−'}${one.person}`).join(' '),
    ]);
    check(`Customer.io holds exactly our members of ${key}`, held, await membersOf(stage, key));
  }
  console.log();
  table(['segment', 'held now', 'in the order received'], rows);
  const told = stage.customerio.events('turnout_branch_decided');
  table(
    ['decision told', 'branch', 'as of'],
    told.map((one) => {
      const data = one.data as JsonObject;
      return [String(one.person), String(data.branch), shortTime(data.as_of as string)];
    }),
  );
  const branches = told.map((one) => `${one.person}:${String((one.data as JsonObject).branch)}`).sort();
  // Ada was told to wait on day 20: three days later that decision settled by itself, beside the one that was asked for.
  check('Customer.io heard of every decision, also of the one that settled by itself', branches, [
    'ada:remove-friction',
    'ada:remove-friction',
    'ben:continue',
    'cleo:remove-friction',
    'nora:another-hook',
    'rhea:continue',
  ]);
}

async function tell(stage: Stage, time: number, what: string, webhooks: SentWebhook[]): Promise<void> {
  await at(stage, time);
  for (const webhook of webhooks) {
    const { status, body } = await stage.client.send(webhook);
    if (status !== 200 || body.status !== 'stored') throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
  }
  await stage.settle();
  say(what);
}

async function at(stage: Stage, time: number): Promise<void> {
  await stage.setClock(instant(time));
  clock = time;
  await stage.settle();
}

function say(what: string): void {
  console.log(`    ${shortTime(instant(clock))}  ${what}`);
}

function check(what: string, actual: unknown, expected: unknown): void {
  checks.equal(`${shortTime(instant(clock))}  ${what}`, actual, expected);
}

async function membersOf(stage: Stage, segment: string): Promise<string[]> {
  const { members } = await stage.client.must('GET', `/v1/segments/${segment}/members`);
  return (members as { identifiers: { email: string } }[]).map((one) => one.identifiers.email.split('@')[0]!).sort();
}

async function expectMembers(stage: Stage, segment: string, expected: string[]): Promise<void> {
  check(`in ${segment}: ${expected.join(', ') || 'nobody'}`, await membersOf(stage, segment), expected);
}

async function decide(stage: Stage, person: string): Promise<JsonObject> {
  const path = '/v1/journeys/spring/branch-points/after-cart/decide';
  return stage.client.must('POST', path, { identifiers: { email: `${person}@example.com` } });
}

async function expectBranches(
  stage: Stage,
  expected: Record<string, string | null>,
): Promise<Record<string, JsonObject>> {
  const people = Object.keys(expected);
  const decisions = await Promise.all(people.map((person) => decide(stage, person)));
  await stage.settle();
  console.log();
  table(
    ['who asks', 'branch', 'reason', 'settles at'],
    decisions.map((answer, index) => [
      people[index]!,
      String(answer.branch ?? '(wait)'),
      String(answer.reason),
      answer.settles_at ? shortTime(answer.settles_at as string) : '',
    ]),
  );
  for (const [index, person] of people.entries()) {
    const branch = expected[person];
    check(`${person} is sent to: ${branch ?? 'nowhere yet'}`, decisions[index]!.branch, branch);
  }
  return Object.fromEntries(decisions.map((answer, index) => [people[index]!, answer]));
}

/** Prints who is in which segment, or may soon be, and why. */
async function standings(stage: Stage): Promise<void> {
  console.log('\n  Who is where, and why:\n');
  const rows: string[][] = [];
  for (const person of PEOPLE) {
    const profile = await stage.client.must('GET', `/v1/profiles/email:${person}@example.com`);
    for (const { segment, isMember, undetermined, changesAt, because } of profile.memberships as JsonObject[]) {
      if (!isMember && undetermined !== 'pending') continue;
      const entered = (profile.transitions as JsonObject[]).filter((one) => one.segment === segment).at(-1);
      const since = isMember ? shortTime(entered!.at as string) : 'pending';
      const until = changesAt ? shortTime(changesAt as string) : '';
      const why = `${because.condition as string} [${evidenceOf(because as JsonObject).join(', ')}]`;
      rows.push([person, segment as string, since, until, why]);
    }
  }
  table(['who', 'segment', 'in since', 'changes at', 'because [evidence]'], rows);
}

/** The beginnings of the ids of the events that a condition and its parts rest on. */
function evidenceOf(because: JsonObject): string[] {
  const own = ((because.evidence ?? []) as string[]).map((id) => id.slice(0, 8));
  return [...own, ...((because.of ?? []) as JsonObject[]).flatMap(evidenceOf)];
}

class Interrupted extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
  }
}

async function main(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort(new Interrupted(signal)));
  }
  const interrupted = new Promise<never>((_, reject) => {
    interruption.signal.addEventListener('abort', () => reject(interruption.signal.reason as Interrupted));
  });
  interrupted.catch(() => undefined); // nobody may be listening yet
  const stage = new Stage(interruption.signal);
  try {
    await stage.build((line) => console.log(`  … ${line}`));
    await Promise.race([play(stage), interrupted]);
    process.exitCode = checks.conclude() ? 0 : 1;
  } catch (error) {
    const { reason } = interruption.signal; // what fails after a signal, fails because of it
    console.error(reason instanceof Interrupted ? `\n${reason.message}` : error);
    process.exitCode = reason instanceof Interrupted ? 128 + constants.signals[reason.signal] : 1;
  } finally {
    await stage.strike();
  }
}

await main();
