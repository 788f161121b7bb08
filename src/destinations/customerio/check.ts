import { note, right, wrong, type Finding, type Surroundings } from '../finding.js';
import { ask, inWords, objectsIn, type Api } from './ask.js';
import { checkWebhook, endpointAt, setUpWebhook } from './reporting-webhook.js';

/** How Customer.io's APIs are reached. */
export interface CustomerioApis {
  region: 'us' | 'eu';
  /** The Track API of the region that is set, and that of the other one where it may be asked. */
  track: Api;
  otherTrack: Api | undefined;
  /** Undefined without a key. */
  app: Api | undefined;
}

const SET_APP_KEY = 'set appApiKey (CUSTOMERIO_APP_API_KEY)';

/** Of a segment's members, how many are looked at. */
const MOST_LOOKED_AT = 100;

/** Looks for the usual mistakes of a set-up, and says how to mend each. Changes nothing. */
export async function checkCustomerio(apis: CustomerioApis, around: Surroundings): Promise<Finding[]> {
  const access = await checkAccess(apis);
  const signing = checkSigning(around);
  if (!apis.app) {
    const says = 'without a key of the App API nothing is read back, and the reporting webhook is not looked at';
    return [...access, ...signing, note('app_api_key', says, SET_APP_KEY)];
  }
  const webhook = await checkWebhook(apis.app, around.publicUrl);
  const isReadable = !webhook.some((one) => one.about.startsWith('app_api'));
  return [...access, ...webhook, ...signing, ...(isReadable ? await checkIdType(apis.app) : [])];
}

/** Makes what is needed at Customer.io; then looks at all of it. */
export async function setUpCustomerio(
  apis: CustomerioApis,
  around: Surroundings & { publicUrl: string },
): Promise<Finding[]> {
  if (!apis.app) {
    const says =
      'without a key of the App API the reporting webhook is neither made nor looked at, and no click comes in';
    const mend = `${SET_APP_KEY}, or make it by hand: full resolution, all clicks, to ${endpointAt(around.publicUrl)}`;
    const found = await checkCustomerio(apis, around);
    return [...found.filter(({ about }) => about !== 'app_api_key'), wrong('app_api_key', says, mend)];
  }
  const made = await setUpWebhook(apis.app, around.publicUrl);
  const failed = made.filter((one) => one.kind === 'wrong');
  const found = await checkCustomerio(apis, around);
  // What could not be made is told as it was refused.
  return [...found.filter((one) => !failed.some((other) => other.about === one.about)), ...failed];
}

async function checkAccess({ region, track, otherTrack }: CustomerioApis): Promise<Finding[]> {
  const path = '/api/v1/accounts/region';
  const answer = await ask(track, 'GET', path);
  const isDenied = answer.status === 401 || answer.status === 403;
  const known = isDenied && otherTrack ? await ask(otherTrack, 'GET', path) : answer;
  const actual = known.status === 200 ? known.body?.['region'] : undefined;
  if (actual === region) {
    return [
      right('credentials', 'the Track API knows the site id and the key'),
      right('region', `the workspace is in the region "${region}"`),
    ];
  }
  if (actual === 'us' || actual === 'eu') {
    const mend = `set region (CUSTOMERIO_REGION) to "${actual}"`;
    return [wrong('region', `the workspace is in the region "${actual}", not "${region}"`, mend, { region: actual })];
  }
  if (isDenied) {
    const mend = 'set siteId and apiKey (CUSTOMERIO_SITE_ID, CUSTOMERIO_API_KEY) to those of the Track API';
    return [wrong('credentials', 'the Track API does not know the site id and the key, in neither region', mend)];
  }
  const mend = 'try again; look whether it can be reached from here';
  return [wrong('credentials', `the Track API ${inWords(answer)}`, mend)];
}

function checkSigning({ incoming }: Surroundings): Finding[] {
  const { hasKey, refusedAt, takenAt } = incoming;
  const mend =
    'set CUSTOMERIO_SIGNING_KEYS to the signing key that Customer.io shows beside the reporting webhook, and start again';
  if (!hasKey) return [wrong('signing_key', 'no signing key is set, so that all of its webhooks are refused', mend)];
  if (refusedAt !== null && (takenAt === null || refusedAt > takenAt)) {
    return [wrong('signing_key', 'the last webhook was refused: its signature is by another key', mend)];
  }
  if (takenAt !== null) return [right('signing_key', 'webhooks come, and their signatures are right')];
  return [note('signing_key', 'a signing key is set; whether it is the right one shows with the first webhook')];
}

/** Looks whether people in its manual segments have the id that memberships are sent by. */
async function checkIdType(app: Api): Promise<Finding[]> {
  const { body } = await ask(app, 'GET', '/v1/segments');
  const segments = objectsIn(body?.['segments']);
  for (const { id, type } of segments) {
    if (type !== 'manual' || typeof id !== 'number') continue;
    const page = await ask(app, 'GET', `/v1/segments/${id}/membership?limit=${MOST_LOOKED_AT}`);
    const people = objectsIn(page.body?.['identifiers']);
    if (people.length > 0) return [judgeIds(people)];
  }
  return [note('id_type', 'no manual segment has members yet, so that it can not be told by what people are known')];
}

function judgeIds(people: readonly Record<string, unknown>[]): Finding {
  const withId = people.filter((one) => typeof one['id'] === 'string' && one['id'] !== '').length;
  if (withId === people.length) return right('id_type', 'people have an id, by which memberships are sent');
  if (withId > 0) return note('id_type', `${people.length - withId} of ${people.length} people looked at have no id`);
  const mend =
    'send no customer_id to Turnout that is not the id in Customer.io; people are then told of by cio_id or email';
  return wrong('id_type', 'people have no id in this workspace, so that a customer id reaches nobody', mend);
}
