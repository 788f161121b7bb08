import { HOUR } from '../support/builders.js';
import { orders, reports } from '../scenarios/scenario.js';
import type { JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';
import type { SentWebhook } from '../support/webhooks.js';
import { table } from './show.js';
import type { Stage } from './stage.js';

/** How a part of the story is told. Times are in ms since the story began. */
export interface Teller {
  at(stage: Stage, time: number): Promise<void>;
  tell(stage: Stage, time: number, what: string, webhooks: SentWebhook[]): Promise<void>;
  say(what: string): void;
  check(what: string, actual: unknown, expected: unknown): void;
}

const MINUTE = 60_000;
const DOMAIN = 'go.shop.example';
const DESTINATION = 'https://shop.example/gift/card';
const MESSAGE = {
  utm: { utm_source: 'customerio', utm_medium: 'email', utm_campaign: 'gifts' },
  ...{ channel: 'email', template: 'gifts-1', message: { campaign_id: 8 } },
};
const TEMPLATE = `<p>Hello {{ customer.name }},</p>
<p><a class="button" href="${DESTINATION}">Give a gift</a> or <a href="{% unsubscribe_url %}">unsubscribe</a>.</p>`;
/** A mail filter that follows whatever it is sent. */
const FILTER = { 'user-agent': 'Barracuda Sentinel (EE)' };

/** A link of one call to action, from where it is declared to what came of it. */
export class LinkStory {
  private id = '';

  constructor(
    private readonly stage: Stage,
    private readonly teller: Teller,
  ) {}

  /** Makes a link, has it in a template, looks where links lead, and has Lena follow it and buy. */
  async begin(): Promise<void> {
    const { stage, teller } = this;
    const reported = reports('lena', 30 * MINUTE, {
      metric: 'delivered',
      data: { campaign_id: 8, delivery_id: 'gift-lena' },
    });
    await teller.tell(stage, 30 * MINUTE, 'Lena gets the message about gifts', [reported]);
    const url = await this.make();
    await this.rewrite();
    await this.look();
    await this.follow(url);
  }

  private async make(): Promise<string> {
    const { client } = this.stage;
    await client.must('PUT', `/v1/link-domains/${DOMAIN}`, {
      allowedHosts: ['shop.example'],
      sendingDomain: 'news.shop.example',
    });
    await client.must('PUT', '/v1/ctas/gift', { patterns: [{ host: 'shop.example', path: '/gift/*' }] });
    const link = await client.must('POST', '/v1/links', {
      ...{ cta: 'gift', destination: DESTINATION, ...MESSAGE },
      ...{ profile: { customer_id: 'lena' }, deliveryId: 'gift-lena' },
    });
    this.id = link.id as string;
    const landing = `${DESTINATION}?utm_source=customerio&utm_medium=email&utm_campaign=gifts`;
    this.teller.check('a link is made for the CTA, with its UTM values', link.landingUrl, landing);
    return link.url as string;
  }

  private async rewrite(): Promise<void> {
    const asked = { text: TEMPLATE, ...MESSAGE };
    const { text, tracked, left } = await this.stage.client.must('POST', '/v1/links/rewrite', asked);
    this.teller.check(
      'the template has its link tracked, and the one to unsubscribe left alone',
      [tracked, left],
      [1, 1],
    );
    const [before, after] = TEMPLATE.split(DESTINATION) as [string, string];
    const address = String(text).slice(before.length, String(text).length - after.length);
    this.teller.check('… and is otherwise the same, byte for byte', text, `${before}${address}${after}`);
    const { links } = await this.stage.client.must('GET', '/v1/links?template=gifts-1');
    const ids = (links as JsonObject[]).map((one) => one.id as string);
    this.teller.check(
      '… by the very link that was made',
      [ids, address.startsWith(`https://${DOMAIN}/l/`)],
      [[this.id], true],
    );
  }

  /** Where nobody is sent before it was looked at: a copy of the shop, of which one address loses its parameters. */
  private async look(): Promise<void> {
    const { client, shop } = this.stage;
    const link = (path: string) => `<a href="${shop.url(path)}?utm_source=customerio">Gift</a>`;
    const found: string[][] = [];
    for (const path of ['/lost', '/good']) {
      const asked = { name: `gifts ${path}`, template: link(path), format: 'html', expectHosts: [shop.host] };
      const { id } = await client.must('POST', '/v1/link-qa/runs', asked);
      await this.stage.settle();
      const run = await client.must('GET', `/v1/link-qa/runs/${String(id)}`);
      const [looked] = (run.report as JsonObject).links as JsonObject[];
      found.push((looked!.findings as JsonObject[]).map((one) => one.code as string));
    }
    this.teller.check('link QA finds where UTM values get lost on the way', found[0], ['parameter-lost']);
    this.teller.check('… and nothing once that is mended', found[1], []);
  }

  private async follow(url: string): Promise<void> {
    const { stage, teller } = this;
    await teller.at(stage, HOUR / 2 + MINUTE);
    const filter = await visit(stage.client.url, url, { headers: FILTER });
    await teller.at(stage, HOUR / 2 + 10 * MINUTE);
    const lena = await visit(stage.client.url, url);
    await stage.settle();
    teller.say('a mail filter follows the link; nine minutes later, Lena');
    const landing = `${DESTINATION}?utm_source=customerio&utm_medium=email&utm_campaign=gifts`;
    teller.check(
      'both are led to the shop',
      [filter, lena].map(({ status, location }) => [status, location]),
      [
        [302, landing],
        [302, landing],
      ],
    );
    const altered = await visit(stage.client.url, `${url.slice(0, -2)}AA?to=https://evil.example`);
    teller.check('whoever changes the link is led nowhere', [altered.status, altered.location], [404, undefined]);
    await teller.tell(stage, HOUR - MINUTE, 'Lena buys for 100 EUR', [
      orders('orders/create', 'lena', HOUR - MINUTE, { amount: '100.00' }),
    ]);
  }

  /** What came of the link, long after. */
  async end(): Promise<void> {
    const report = await this.upToDate('/v1/link-reports?by=link&period=month&from=2026-03-01&to=2026-04-01');
    const rows = (report.rows as JsonObject[]).filter((row) => (row.value as JsonObject).link === this.id);
    table(
      ['link', 'clicks', 'clickers', 'of deliveries', 'purchases', 'revenue', 'half within'],
      rows.map((row) => [
        DESTINATION,
        `${row.clicks.human} by people, ${row.clicks.machine} by machines`,
        String(row.clickers),
        `${row.clickedDeliveries} of ${row.deliveries}`,
        String(row.purchase.count),
        (row.purchase.revenue as JsonObject[]).map((one) => `${one.total} ${one.currency}`).join(', '),
        String(row.purchase.halfWithin),
      ]),
    );
    const told = rows.map(({ clicks, clickers, purchase }) => [
      clicks as unknown,
      clickers as unknown,
      purchase.count as unknown,
      purchase.revenue as unknown,
    ]);
    this.teller.check('the report has one person’s click, one machine’s, and the purchase that followed', told, [
      [{ human: 1, suspect: 0, machine: 1 }, 1, 1, [{ currency: 'EUR', total: '100.00' }]],
    ]);
  }

  /** The report, once everybody's news are counted. */
  private async upToDate(path: string): Promise<JsonObject> {
    for (let tries = 0; tries < 200; tries++) {
      const report = await this.stage.client.must('GET', path);
      if (report.isUpToDate) return report;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('The report did not come up to date.');
  }
}
