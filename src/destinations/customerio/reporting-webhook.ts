import { note, right, wrong, type Finding } from '../finding.js';
import { ask, inWords, objectsIn, type Api } from './ask.js';

/** Where its reporting webhooks arrive here. */
export const WEBHOOK_PATH = '/v1/sources/customerio';

/**
 * Without these, rules about clicks are wrong, and whoever subscribes again stays unsubscribed; a delivery tells how hasty a
 * click was.
 */
const NEEDED = [
  ...['email_clicked', 'email_delivered', 'sms_clicked', 'push_clicked', 'in_app_clicked', 'whatsapp_clicked'],
  ...['customer_subscribed', 'customer_unsubscribed'],
];
/** What rules can be about besides. */
const WANTED = [
  ...['email_sent', 'email_opened', 'email_bounced', 'email_spammed', 'email_unsubscribed'],
  ...['sms_sent', 'sms_delivered', 'push_sent', 'push_opened', 'in_app_sent', 'in_app_opened'],
  ...['whatsapp_sent', 'whatsapp_delivered', 'slack_clicked', 'webhook_clicked'],
  'customer_subscription_preferences_changed',
];

interface ReportingWebhook {
  id: number | string;
  name: string;
  endpoint: string;
  disabled: boolean;
  fullResolution: boolean;
  withContent: boolean;
  events: string[];
}

/** What is found of the reporting webhook that leads here. */
export async function checkWebhook(app: Api, publicUrl: string | undefined): Promise<Finding[]> {
  const listed = await list(app);
  if (!Array.isArray(listed)) return [listed];
  const [own, ...others] = leadingHere(listed, publicUrl);
  if (!own) {
    const where = publicUrl === undefined ? `a URL that ends in ${WEBHOOK_PATH}` : endpointAt(publicUrl);
    return [wrong('reporting_webhook', `no reporting webhook leads to ${where}`, MAKE)];
  }
  const missing = NEEDED.filter((one) => !own.events.includes(one));
  return [
    own.disabled
      ? wrong('reporting_webhook', 'the reporting webhook is disabled', MAKE)
      : right('reporting_webhook', 'a reporting webhook leads here'),
    own.fullResolution
      ? right('full_resolution', 'every click is reported, not only the first one')
      : wrong('full_resolution', 'only the first click of a message is reported: "clicked in 30 days" would lie', MAKE),
    missing.length === 0
      ? right('events', 'all needed events are reported')
      : wrong('events', `these events are not reported: ${missing.join(', ')}`, MAKE),
    ...(others.length === 0
      ? []
      : [
          note(
            'reporting_webhook',
            `${others.length + 1} reporting webhooks lead here, so that everything comes again`,
          ),
        ]),
  ];
}

const MAKE =
  'run "turnout connect customerio", or POST /v1/destinations/customerio/setup with {"publicUrl": "https://…"}';

/** Makes the reporting webhook, or changes what is wrong with it; everything else about it stays. */
export async function setUpWebhook(app: Api, publicUrl: string): Promise<Finding[]> {
  const listed = await list(app);
  if (!Array.isArray(listed)) return [listed];
  const [own] = leadingHere(listed, publicUrl);
  const wanted = {
    name: own?.name ?? 'Turnout',
    endpoint: own?.endpoint ?? endpointAt(publicUrl),
    disabled: false,
    full_resolution: true,
    with_content: own?.withContent ?? false,
    events: [...new Set([...(own?.events ?? []), ...NEEDED, ...WANTED])],
  };
  const path = '/v1/reporting_webhooks';
  const done = own
    ? await ask(app, 'PUT', `${path}/${encodeURIComponent(own.id)}`, { body: wanted })
    : await ask(app, 'POST', path, { body: wanted });
  if (done.status >= 200 && done.status < 300) return checkWebhook(app, publicUrl);
  return [wrong('reporting_webhook', `the App API ${inWords(done)} to the reporting webhook`, BY_HAND)];
}

const BY_HAND = `try again, or make it by hand: full resolution on, the events ${NEEDED.join(', ')}`;

async function list(app: Api): Promise<ReportingWebhook[] | Finding> {
  const listed = await ask(app, 'GET', '/v1/reporting_webhooks');
  if (listed.status === 200) return webhooksIn(listed.body?.['reporting_webhooks']);
  if (listed.status === 401 || listed.status === 403) {
    const mend = 'set appApiKey (CUSTOMERIO_APP_API_KEY) to a key of the App API of this workspace and region';
    return wrong(
      'app_api_key',
      `the App API ${inWords(listed)}: its key is not one of this workspace and region`,
      mend,
    );
  }
  return wrong('app_api', `the App API ${inWords(listed)}`, 'try again; look whether it can be reached from here');
}

function webhooksIn(listed: unknown): ReportingWebhook[] {
  return objectsIn(listed).map((one) => ({
    id: one['id'] as number,
    name: typeof one['name'] === 'string' ? one['name'] : 'Turnout',
    endpoint: typeof one['endpoint'] === 'string' ? one['endpoint'] : '',
    disabled: one['disabled'] === true,
    fullResolution: one['full_resolution'] === true,
    withContent: one['with_content'] === true,
    events: Array.isArray(one['events']) ? one['events'].filter((event) => typeof event === 'string') : [],
  }));
}

/** Those that are on come first. */
function leadingHere(webhooks: readonly ReportingWebhook[], publicUrl: string | undefined): ReportingWebhook[] {
  const here = publicUrl === undefined ? undefined : endpointAt(publicUrl);
  return webhooks
    .filter(({ endpoint }) => (here === undefined ? endpoint.endsWith(WEBHOOK_PATH) : endpoint === here))
    .sort((a, b) => Number(a.disabled) - Number(b.disabled));
}

/** Where the reporting webhook of a service that is reached at `publicUrl` leads. */
export function endpointAt(publicUrl: string): string {
  return publicUrl.replace(/\/+$/, '') + WEBHOOK_PATH;
}
