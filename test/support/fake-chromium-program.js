// Speaks as much of the DevTools protocol over a pipe as link QA needs, and reads of a page these words: lead("URL"), which
// leads on, die, which ends the process, rave, which makes it talk nonsense, and none of these, which stays.
import { createReadStream, writeSync } from 'node:fs';

let made = 0;
let unread = '';
const tell = (message) => writeSync(4, `${JSON.stringify(message)}\0`);
const pause = (sessionId, url) =>
  tell({
    sessionId,
    method: 'Fetch.requestPaused',
    params: { requestId: 'r', request: { url, method: 'GET' }, frameId: sessionId.slice(2), resourceType: 'Document' },
  });
const addresses = new Map();

const ANSWERS = {
  'Target.createBrowserContext': () => ({ browserContextId: `context-${++made}` }),
  'Target.createTarget': () => ({ targetId: `target-${++made}` }),
  'Target.attachToTarget': ({ targetId }) => ({ sessionId: `s-${targetId}` }),
  'Network.getCookies': () => ({ cookies: [{ name: 'by-script', value: '1' }] }),
  'Page.navigate': ({ url }, sessionId) => {
    addresses.set(sessionId, url);
    pause(sessionId, url);
  },
  'Fetch.fulfillRequest': ({ body }, sessionId) => {
    const page = Buffer.from(body, 'base64').toString();
    if (page.includes('die')) process.exit(1);
    if (page.includes('rave')) return writeSync(4, '{"id": \0');
    const [, to] = /lead\("([^"]*)"\)/.exec(page) ?? [];
    if (to === undefined) tell({ sessionId, method: 'Page.loadEventFired', params: {} });
    else pause(sessionId, new URL(to, addresses.get(sessionId)).href);
  },
};

createReadStream('', { fd: 3, encoding: 'utf8' })
  .on('data', (text) => {
    const messages = (unread + text).split('\0');
    unread = messages.pop();
    for (const { id, method, params, sessionId } of messages.map((one) => JSON.parse(one))) {
      tell({ id, sessionId, result: ANSWERS[method]?.(params, sessionId) ?? {} });
    }
  })
  .on('end', () => process.exit(0));
