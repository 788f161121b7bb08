import { Pool } from 'pg';
import type { Rule } from '../../src/core/rule.js';
import { migrateDatabase } from '../../src/platform/database.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { inconsistencies, memberIds } from '../support/consistency.js';
import type { CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { CONTROLLED_CLOCK, setClock } from '../support/database.js';
import { JourneyClient, personOf } from '../support/journey.js';
import { settle, SHOPIFY_SECRET, SIGNING_KEY, TurnoutClient } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook, type SentWebhook } from '../support/webhooks.js';

const PEOPLE = 12;
const JOURNEY = 'rescue';
/** From death to the last of what was left undone. */
const LONGEST_RECOVERY_MS = 60_000;

/** What came of the work once the processes were left alone. */
export interface Standing {
  wrong: string[];
  recoveredInMs: number;
}

/**
 * The outside of a service that is killed again and again: senders that send until they are acknowledged, a marketer who
 * changes a rule, a journey that asks until it is answered, and a clock that goes on.
 */
export class World {
  private readonly unacknowledged = new Set<SentWebhook>();
  private readonly answers = new Map<string, { person: number; decision: string }>();
  private rules: Record<string, Rule> = {
    clicked: { performed: 'click', within: '6h' },
    // Of clicks older than that nothing is left, so that there are open decisions however long this goes on.
    abandoned: { performed: 'click', within: '6h', notFollowedBy: { performed: 'purchase', within: '5h' } },
  };
  private sent = 0;

  private constructor(
    readonly pool: Pool,
    private readonly customerio: CustomerioServer,
    private readonly random: () => number,
    private at: number,
  ) {}

  /** On an empty database, whose clock it takes over. */
  static async on(databaseUrl: string, customerio: CustomerioServer, random: () => number): Promise<World> {
    await migrateDatabase(databaseUrl);
    const pool = new Pool({ connectionString: databaseUrl, max: 3 });
    pool.on('error', () => undefined); // the server may go; who asks next is told
    for (const sql of CONTROLLED_CLOCK) await pool.query(sql);
    for (let id = 0; id < PEOPLE; id++) customerio.seedPerson(personOf(id));
    ['clicked', 'abandoned'].forEach((name, index) => customerio.seedSegment({ id: index + 1, name, type: 'manual' }));
    const world = new World(pool, customerio, random, T0);
    await world.goOn(0);
    return world;
  }

  /** What the service is told before anything happens. */
  async declare(client: TurnoutClient): Promise<void> {
    const startsAt = new Date(T0 - 365 * DAY).toISOString();
    await client.must('PUT', '/v1/sources/shopify/history', { startsAt, eventNames: ['purchase'] });
    await client.must('PUT', '/v1/sources/customerio/history', { startsAt, eventNames: ['click'] });
    for (const key of Object.keys(this.rules)) await this.publish(client, key);
    const { clicked, abandoned } = this.rules;
    await new JourneyClient(client, JOURNEY).declare({
      now: { branches: [{ key: 'clicked', rule: clicked }], default: 'rest' },
      later: { branches: [{ key: 'friction', rule: abandoned }], default: 'rest', whenPending: 'wait' },
    });
  }

  /** One of each thing that may happen. Throws where the service is gone in the middle. */
  async happen(client: TurnoutClient): Promise<void> {
    await this.goOn(20 * 60_000);
    const person = Math.floor(this.random() * PEOPLE);
    this.sent += 1;
    this.unacknowledged.add(this.random() < 0.7 ? this.click(person) : this.order(person));
    await this.resend(client);
    const run = `run-${this.sent}`;
    const point = this.random() < 0.5 ? 'now' : 'later';
    const { decision_id } = await new JourneyClient(client, JOURNEY).decide(point, person, { journey_run_id: run });
    // A fallback is none: nothing of it is kept.
    if (decision_id !== null) this.answers.set(`${point} ${run}`, { person, decision: decision_id as string });
    if (this.random() < 0.3) await this.edit(client);
  }

  /** Moves the clock on. */
  async goOn(ms: number): Promise<void> {
    this.at += ms;
    await setClock(this.pool, new Date(this.at));
  }

  /** What does not hold, once nothing more is due: nothing lost, nothing doubled, the destination as we are. */
  async standing(client: TurnoutClient): Promise<Standing> {
    const began = performance.now();
    await this.resend(client);
    for (const key of Object.keys(this.rules)) await this.publish(client, key);
    // Claims of the dead run out, and so does what their answers made the gate wait for.
    await this.goOn(HOUR);
    await settle(this, LONGEST_RECOVERY_MS);
    const recoveredInMs = performance.now() - began;
    const wrong = [...(await this.wrongEvents()), ...(await this.wrongMembers()), ...(await this.wrongAnswers(client))];
    if (this.customerio.mostInFlight() > 1) wrong.push('two requests about one person and segment were under way');
    return { wrong, recoveredInMs };
  }

  private async edit(client: TurnoutClient): Promise<void> {
    this.rules.clicked = { performed: 'click', within: `${4 + Math.floor(this.random() * 5)}h` };
    await this.publish(client, 'clicked');
  }

  /** What is published again as it is changes nothing. */
  private async publish(client: TurnoutClient, key: string): Promise<void> {
    const segmentId = Object.keys(this.rules).indexOf(key) + 1;
    await client.must('PUT', `/v1/segments/${key}`, { rule: this.rules[key], push: { customerio: { segmentId } } });
  }

  private async resend(client: TurnoutClient): Promise<void> {
    for (const webhook of this.unacknowledged) {
      const { status, body } = await client.send(webhook);
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      this.unacknowledged.delete(webhook);
    }
  }

  private click(person: number): SentWebhook {
    const about = { at: this.at, identifiers: personOf(person), eventId: `click-${this.sent}` };
    return customerioWebhook({ secret: SIGNING_KEY, ...about });
  }

  private order(person: number): SentWebhook {
    const { email } = personOf(person);
    const about = { at: this.at, email, customerId: null, orderId: 1_000_000 + this.sent };
    return shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, ...about });
  }

  private async wrongEvents(): Promise<string[]> {
    const { rows } = await this.pool.query<{ stored: number; receipts: number }>(
      `SELECT (SELECT count(*)::int FROM events) AS stored, (SELECT count(*)::int FROM receipts) AS receipts`,
    );
    const { stored, receipts } = rows[0]!;
    return stored === this.sent && receipts === this.sent
      ? []
      : [`${this.sent} events were acknowledged, ${stored} are stored, with ${receipts} receipts`];
  }

  private async wrongMembers(): Promise<string[]> {
    const { unreplayed, wrong } = await inconsistencies(this.pool, this.rules);
    if (unreplayed > 0) wrong.push(`${unreplayed} memberships are not what their log says`);
    for (const [index, key] of Object.keys(this.rules).entries()) {
      const [here, there] = [await memberIds(this.pool, key), this.customerio.segmentMembers(index + 1).sort()];
      if (here.join() !== there.join()) wrong.push(`${key}: ${here.join()} here, ${there.join()} at Customer.io`);
    }
    return wrong;
  }

  /** Who asks again gets the decision that was given; each is known once, and what was told is told to Customer.io, too. */
  private async wrongAnswers(client: TurnoutClient): Promise<string[]> {
    const journey = new JourneyClient(client, JOURNEY);
    const wrong: string[] = [];
    for (const [asked, { person, decision }] of this.answers) {
      const [point, run] = asked.split(' ') as [string, string];
      const again = await journey.decide(point, person, { journey_run_id: run });
      if (again.decision_id !== decision) wrong.push(`${asked}: ${decision} at first, then ${again.decision_id}`);
    }
    const { rows } = await this.pool.query<{ id: string; asked: string; isTold: boolean; isLate: boolean }>(
      `SELECT id, branch_point || ' ' || run_key AS asked, branch IS NOT NULL AND profile_id IS NOT NULL AS "isTold",
              branch IS NULL AND settles_at <= turnout_now() AS "isLate" FROM decisions`,
    );
    const told = new Set(this.customerio.events('turnout_branch_decided').map((event) => event.id));
    for (const { id, isTold, isLate } of rows) {
      if (isTold && !told.has(id)) wrong.push(`Customer.io was not told of the decision ${id}`);
      if (isLate) wrong.push(`the decision ${id} could be settled`);
    }
    const asked = new Set(rows.map((row) => row.asked));
    if (asked.size !== rows.length) wrong.push(`${rows.length - asked.size} decisions were logged twice`);
    this.answers.clear(); // these hold; the next step has its own
    return wrong;
  }
}
