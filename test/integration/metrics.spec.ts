import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { DAY, T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const TOKEN = 'scrape-me';
const RUNS = '/v1/destinations/customerio/reconciliations';

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

const alerts = parse(readFileSync('ops/prometheus-alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = alerts.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync('ops/grafana-dashboard.json', 'utf8')) as {
  panels: { id: number; title: string; targets?: { expr: string }[] }[];
};
const queries = [
  ...rules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
];

describe('the metrics', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked' });
    turnout = await TestTurnout.start(database, customerio, { METRICS_TOKENS: `${TOKEN},another` });
    turnout.app.get(Metrics).watchProcess();
  });

  afterAll(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const scrape = (authorization = `Bearer ${TOKEN}`) => fetch(`${turnout.url}/metrics`, { headers: { authorization } });

  /** Every series, by its name with its labels. */
  async function series(): Promise<Map<string, number>> {
    const lines = (await (await scrape()).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  }

  const click = (id: string, at = T0) =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id, email: `${id}@example.com` } }));

  it('count what comes in, what follows from it and what is sent, and show what is left', async () => {
    for (const id of ['ada', 'ben']) customerio.seedPerson({ id, email: `${id}@example.com` });
    await turnout.must('PUT', '/v1/segments/clicked', {
      rule: { performed: 'click', within: '1d' },
      push: { customerio: { segmentId: 7 } },
    });
    await click('ada');
    await click('ada');
    await click('ben');
    await turnout.settle();
    await turnout.must('POST', RUNS, {});
    for (;;) {
      const { reconciliations } = await turnout.must('GET', RUNS);
      if ((reconciliations as JsonObject[])[0]?.['finishedAt']) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const found = await series();
    const expected = {
      'turnout_ingested_total{source="customerio",outcome="stored"}': 2,
      'turnout_ingested_total{source="customerio",outcome="duplicate"}': 1,
      'turnout_received_to_membership_seconds_count{source="customerio"}': 3,
      'turnout_transitions_total{kind="entered",cause="event"}': 2,
      'turnout_sends_total{destination="customerio",outcome="accepted"}': 2,
      'turnout_due{kind="profiles"}': 0,
      'turnout_outbox_messages{destination="customerio",state="due"}': undefined,
      'turnout_drift_members{destination="customerio",segment="7",kind="missing"}': 0,
      'turnout_source_silence_seconds{source="customerio"}': 0,
      turnout_database_up: 1,
      turnout_pool_size: 6,
      'turnout_http_request_seconds_count{method="POST",route="/v1/sources/:source",status="200"}': 3,
    };
    for (const [name, value] of Object.entries(expected)) expect([name, found.get(name)]).toEqual([name, value]);
    expect(found.has('turnout_queue_jobs{queue="evaluate",state="waiting"}')).toBe(true);
  });

  it('count an evaluation that had to be done again once', async () => {
    const counted = async () => (await series()).get('turnout_transitions_total{kind="entered",cause="event"}')!;
    const before = await counted();
    // The first commit of the click fails, as where a merge got in its way.
    await database.pool.query(`CREATE SEQUENCE tries`);
    await database.pool.query(`
      CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('tries') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = 'serialization_failure'; END IF;
          RETURN NULL;
        END $$`);
    await database.pool.query(`
      CREATE CONSTRAINT TRIGGER fail_once AFTER INSERT ON transitions DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail_once()`);
    try {
      await click('cleo');
      await turnout.settle();
    } finally {
      await database.pool.query('DROP TRIGGER fail_once ON transitions');
    }
    const { rows } = await database.pool.query(`SELECT nextval('tries') AS next`);
    expect(rows).toEqual([{ next: '3' }]);
    expect(await counted()).toBe(before + 1);
  });

  it('name nobody', async () => {
    await fetch(`${turnout.url}/v1/profiles/email:ada@example.com`);
    await fetch(`${turnout.url}/nothing/ada@example.com`);
    const text = await (await scrape()).text();
    expect(text).not.toContain('example.com');
    expect(text).toContain('route="/v1/profiles/:identifier"');
  });

  it('are shown to a token of the configuration and to keys of scope manage, and to nobody else', async () => {
    const { key } = await turnout.must('POST', '/v1/api-keys', { name: 'x', scopes: ['ingest', 'decide'] });
    for (const good of [`Bearer ${TOKEN}`, 'Bearer another', turnout.authorization]) {
      const response = await scrape(good);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/plain');
    }
    expect((await scrape('Bearer scrape-m')).status).toBe(401);
    expect((await scrape(`Bearer ${key}`)).status).toBe(403);
    expect((await fetch(`${turnout.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${turnout.url}/v1/segments`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(
      401,
    );
  });

  it('have the names and labels that the dashboard and the alerts ask for', () => {
    const { registry } = turnout.app.get(Metrics);
    expect(queries.length).toBeGreaterThan(40);
    for (const query of queries) {
      const names = [...query.matchAll(/\b(?:turnout|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);
      if (names.length === 0) expect(query).toMatch(/^up\{/);
      const metrics = names.map((name) => {
        const metric =
          registry.getSingleMetric(name.replace(/_(bucket|count|sum)$/, '')) ?? registry.getSingleMetric(name);
        if (!metric) throw new Error(`Nothing shows "${name}", which is asked for by: ${query}`);
        return metric as unknown as { labelNames: string[] };
      });
      const known = new Set([...metrics.flatMap((one) => one.labelNames), 'le', 'job', 'instance']);
      const selected = [...query.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label!);
      const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels]) =>
        labels!.split(',').map((one) => one.trim()),
      );
      for (const label of [...selected, ...grouped]) {
        if (!known.has(label)) throw new Error(`Nothing has the label "${label}", which is asked for by: ${query}`);
      }
    }
  });

  it('are all in the dashboard or the alerts, if they are ours', async () => {
    const ours = (await turnout.app.get(Metrics).registry.getMetricsAsJSON()).map(({ name }) => name);
    const asked = queries.join(' ');
    expect(ours.filter((name) => name.startsWith('turnout_') && !asked.includes(name))).toEqual([]);
  });

  it('have alerts that say how bad they are, and each is explained', () => {
    const manual = readFileSync('docs/operations.md', 'utf8');
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary.length).toBeGreaterThan(20);
      expect(manual).toContain(`### ${alert}\n`);
    }
    const explained = [...manual.matchAll(/^### (Turnout\w+)$/gm)].map(([, name]) => name);
    expect(explained.sort()).toEqual(rules.map(({ alert }) => alert).sort());
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

describe('the metrics of what is left undone', () => {
  let database: TestDatabase;
  let api: TestTurnout;

  // An API without a worker: nothing that is due is done.
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    api = await TestTurnout.start(database, undefined, { METRICS_TOKENS: TOKEN, TURNOUT_ROLES: 'api' });
  });

  afterAll(async () => {
    await api.stop();
    await database.drop();
  });

  const scrape = async (): Promise<string> => {
    const response = await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(response.status).toBe(200);
    return response.text();
  };

  it('show who is past due and since when, what is owed, and what could not be used', async () => {
    await api.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' } });
    for (const id of ['ada', 'ben']) {
      await api.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id }, eventId: id }));
    }
    await database.pool.query(
      `INSERT INTO outbox (lane, profile_id, destination, subject, version, payload, due_at, failed_at) VALUES
         (1, 1, 'customerio', 'segment:1', 1, '{}', $1, NULL), (2, 2, 'customerio', 'segment:1', 1, '{}', $2, NULL),
         (2, 3, 'hook', 'segment:1', 1, '{}', $1, NULL), (3, 4, 'hook', 'segment:1', 1, '{}', NULL, $1)`,
      [new Date(T0), new Date(T0 + 2 * DAY)],
    );
    await database.pool.query(
      `INSERT INTO reconciliations (destination, external_segment_id, requested_at, finished_at, missing, extra) VALUES
         ('customerio', '7', $1, $1, 9, 9), ('customerio', '7', $2, $2, 2, 1), ('customerio', 'gone', $1, $1, 9, 9)`,
      [new Date(T0 - DAY), new Date(T0)],
    );
    // Nobody has the segment 9 there: no comparison of it has come to anything.
    await database.pool.query(
      `INSERT INTO reconciliations (destination, external_segment_id, requested_at, finished_at, problem) VALUES
         ('customerio', '9', $1, $1, 'it answered 404'), ('customerio', '9', $2, $2, 'it answered 404')`,
      [new Date(T0 - DAY), new Date(T0)],
    );
    const owned = ['7', '9', '11'].map((segmentId) => ({ destination: 'customerio', segmentId }));
    await database.pool.query('UPDATE segment_versions SET push = $1', [JSON.stringify(owned)]);
    await database.setClock(T0 + DAY + 60_000);
    const text = await scrape();
    for (const line of [
      'turnout_due{kind="profiles"} 2',
      'turnout_due_oldest_seconds{kind="profiles"} 60',
      'turnout_outbox_messages{destination="customerio",state="due"} 1',
      'turnout_outbox_messages{destination="customerio",state="later"} 1',
      `turnout_outbox_oldest_seconds{destination="customerio"} ${86_400 + 60}`,
      'turnout_outbox_messages{destination="hook",state="failed"} 1',
      'turnout_drift_members{destination="customerio",segment="7",kind="missing"} 2',
      'turnout_drift_members{destination="customerio",segment="7",kind="extra"} 1',
      `turnout_drift_age_seconds{destination="customerio",segment="7"} ${86_400 + 60}`,
      `turnout_drift_age_seconds{destination="customerio",segment="9"} ${2 * 86_400 + 60}`,
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    // What is pushed there no more can't be compared any more; of what never was nothing is known.
    expect(text).not.toMatch(/segment="(gone|11)"|turnout_drift_members\{[^}]*segment="9"/);
  });

  it('show nothing old when the database can not be asked, and say so', async () => {
    const broken = await TestTurnout.start(database, undefined, { METRICS_TOKENS: TOKEN, TURNOUT_ROLES: 'api' });
    await database.pool.query('ALTER TABLE dead_letters RENAME TO gone');
    try {
      const response = await fetch(`${broken.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
      const lines = (await response.text()).split('\n');
      expect(lines).toContain('turnout_database_up 0');
      expect(lines.filter((line) => line.startsWith('turnout_due{'))).toEqual([]);
      expect(lines.some((line) => line.startsWith('turnout_pool_connections'))).toBe(true);
    } finally {
      await database.pool.query('ALTER TABLE gone RENAME TO dead_letters');
      await broken.stop();
    }
  });
});
