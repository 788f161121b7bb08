import { makeFakeChromium } from '../../../test/support/fake-chromium.js';
import type { SeenAnswer } from '../../platform/outbound/outbound-http.js';
import { BrowserFailed } from './chromium.js';
import { ScriptRunner } from './script-runner.js';

const URL_OF_PAGE = 'https://shop.example/by-script?a=1';

describe('a browser that runs the scripts of pages', () => {
  let fake: Awaited<ReturnType<typeof makeFakeChromium>>;
  let scripts: ScriptRunner;

  beforeAll(async () => {
    fake = await makeFakeChromium();
    scripts = new ScriptRunner(fake.path, 50);
  });

  afterAll(async () => {
    await scripts.close();
    await fake.remove();
  });

  const leadsTo = (html: string, leftMs = 20_000) => {
    const body = Buffer.from(html);
    const answer: SeenAnswer = {
      ...{ status: 200, headers: { 'content-type': 'text/html' }, body, isCut: false, isWhole: true },
      ...{ setCookies: [], tls: null, headersMs: 1 },
    };
    const page = { url: URL_OF_PAGE, answer, cookies: 'a=1', userAgent: 'somebody' };
    return scripts.leadsTo(page, () => Promise.resolve(undefined), leftMs);
  };
  const cookies = [{ name: 'by-script', value: '1' }];

  it('tells where a page leads, and the cookies by then', async () => {
    expect(await leadsTo('lead("/cart")')).toEqual({ to: 'https://shop.example/cart', cookies });
  });

  it('tells that a reader stays', async () => {
    expect(await leadsTo('nothing')).toEqual({ to: null, cookies });
  });

  it('looks at some pages at once, and at the others after them', async () => {
    const pages = Array.from({ length: 10 }, (_, index) => leadsTo(`lead("/${index}")`));
    const led = await Promise.all(pages);
    expect(led.map((one) => one?.to)).toEqual(pages.map((_, index) => `https://shop.example/${index}`));
  });

  it('that dies says nothing, and is started again for the next page, as after it was ended for want of work', async () => {
    expect(await leadsTo('die')).toBeUndefined();
    expect(await leadsTo('lead("/again")')).toMatchObject({ to: 'https://shop.example/again' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await leadsTo('lead("/later")')).toMatchObject({ to: 'https://shop.example/later' });
  });

  it('that talks nonsense says nothing, and is started again for the next page', async () => {
    expect(await leadsTo('rave')).toBeUndefined();
    expect(await leadsTo('lead("/again")')).toMatchObject({ to: 'https://shop.example/again' });
  });

  it('is not asked when no time is left', async () => {
    expect(await leadsTo('lead("/cart")', 0)).toBeUndefined();
  });

  it('that is not there can not be started, and says nothing of pages', async () => {
    const none = new ScriptRunner('/nowhere/chromium');
    await expect(none.start()).rejects.toThrow(BrowserFailed);
    await none.close();
  });
});
