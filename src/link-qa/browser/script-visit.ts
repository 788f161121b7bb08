import type { SeenAnswer } from '../../platform/outbound/outbound-http.js';
import type { Chromium, Params } from './chromium.js';

/** A page as it was answered, and who looks at it. */
export interface ScriptedPage {
  url: string;
  answer: SeenAnswer;
  /** As a request's header has them. */
  cookies: string;
  userAgent: string;
}

/** Gets what a page asks for; undefined where it is not given. */
export type Load = (url: string) => Promise<SeenAnswer | undefined>;

export interface Cookie {
  name: string;
  value: string;
}

/** Where a page's scripts led, and the cookies by then; null: the reader stays. */
export interface Led {
  to: string | null;
  cookies: Cookie[];
}

/** Once the page is there, its scripts have so long. */
const AFTER_LOAD_MS = 1_500;
/** What scripts need to find out where to lead; pictures and styles are not loaded. */
const LOADED = new Set(['Script', 'XHR', 'Fetch']);
const MOST_LOADED = 40;
/** Between one machine and the next only. */
const NOT_PASSED_ON = /^(content-length|content-encoding|transfer-encoding|connection|keep-alive|set-cookie)$/;

/**
 * Has a page run its scripts in a context of its own, and sees whether they lead on. Its requests are answered here: the
 * page itself with what was answered to us, scripts by `load`, and nothing else; where it leads is told, not loaded.
 */
export class ScriptVisit {
  private loaded = 0;
  private isPageGiven = false;
  private timer: NodeJS.Timeout | undefined;
  private led: ((to: string | null) => void) | undefined;

  constructor(
    private readonly browser: Chromium,
    private readonly page: ScriptedPage,
    private readonly load: Load,
  ) {}

  /** Within `timeoutMs`. Throws BrowserFailed. */
  async run(timeoutMs: number): Promise<Led> {
    const { browserContextId } = await this.browser.send('Target.createBrowserContext', { disposeOnDetach: true });
    let sessionId = '';
    try {
      const { targetId } = await this.browser.send('Target.createTarget', { url: 'about:blank', browserContextId });
      ({ sessionId } = (await this.browser.send('Target.attachToTarget', { targetId, flatten: true })) as {
        sessionId: string;
      });
      const to = await this.visit(sessionId, String(targetId), timeoutMs);
      const { cookies } = await this.browser.send('Network.getCookies', { urls: [this.page.url] }, sessionId);
      return { to, cookies: cookies as Cookie[] };
    } finally {
      clearTimeout(this.timer);
      this.browser.listen(sessionId, undefined);
      await this.browser.send('Target.disposeBrowserContext', { browserContextId }).catch(() => undefined);
    }
  }

  private async visit(sessionId: string, frameId: string, timeoutMs: number): Promise<string | null> {
    const tell = (method: string, params: Params = {}) => this.browser.send(method, params, sessionId);
    const { url, cookies, userAgent } = this.page;
    await Promise.all([
      tell('Page.enable'),
      tell('Network.enable'),
      tell('Network.setUserAgentOverride', { userAgent }),
      tell('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
      tell('Network.setCookies', { cookies: cookiesIn(cookies, url) }),
    ]);
    const led = new Promise<string | null>((resolve) => (this.led = resolve));
    this.wait(timeoutMs);
    this.browser.listen(sessionId, (method, params) => {
      const send = (name: string, answer: Params) => void tell(name, answer).catch(() => undefined);
      if (method === 'Fetch.requestPaused') void this.answer(params as unknown as Paused, frameId, send);
      else if (method === 'Page.loadEventFired') this.wait(Math.min(AFTER_LOAD_MS, timeoutMs));
      else if (method === 'Page.frameRequestedNavigation') this.noteLeaving(params, frameId);
      else if (method === 'Page.javascriptDialogOpening') send('Page.handleJavaScriptDialog', { accept: false });
    });
    // It is answered once something is loaded, which may be never.
    void tell('Page.navigate', { url }).catch(() => undefined);
    return led;
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.led?.(null), ms);
  }

  /** Into an app, of which no request tells. */
  private noteLeaving({ frameId, url }: Params, mainFrameId: string): void {
    if (frameId === mainFrameId && !/^(https?|about|javascript|data|blob):/i.test(String(url))) this.led?.(String(url));
  }

  private async answer(
    { requestId, request, frameId, resourceType }: Paused,
    mainFrameId: string,
    send: (method: string, params: Params) => void,
  ): Promise<void> {
    const refuse = () => send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' });
    if (resourceType === 'Document' && frameId === mainFrameId) {
      if (!this.isPageGiven) {
        this.isPageGiven = true;
        return send('Fetch.fulfillRequest', { requestId, ...given(this.page.answer) });
      }
      this.led?.(request.method === 'GET' ? request.url + (request.urlFragment ?? '') : null);
      return refuse();
    }
    if (!LOADED.has(resourceType) || request.method !== 'GET' || ++this.loaded > MOST_LOADED) return refuse();
    const answer = await this.load(request.url);
    if (answer) send('Fetch.fulfillRequest', { requestId, ...given(answer) });
    else refuse();
  }
}

interface Paused {
  requestId: string;
  request: { url: string; urlFragment?: string; method: string };
  frameId: string;
  resourceType: string;
}

function given({ status, headers, setCookies, body }: SeenAnswer): Params {
  const kept = Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.test(name));
  const responseHeaders = [
    ...kept.map(([name, value]) => ({ name, value })),
    ...setCookies.map((value) => ({ name: 'set-cookie', value })),
  ];
  return { responseCode: status, responseHeaders, body: body.toString('base64') };
}

function cookiesIn(header: string, url: string): Params[] {
  return header.split('; ').flatMap((pair) => {
    const middle = pair.indexOf('=');
    return middle < 1 ? [] : [{ name: pair.slice(0, middle), value: pair.slice(middle + 1), url }];
  });
}
