import { OutboundHttp, type OutboundOptions } from '../platform/outbound/outbound-http.js';
import { ScriptRunner } from './browser/script-runner.js';
import { checkTogether } from './check-together.js';
import { LinkChecker } from './link-checker.js';
import { joinPlaces, putTogether, reportOf, type LinkReport, type QaLink, type QaReport } from './qa-report.js';
import type { QaSettings } from './qa-settings.js';
import { showHtml } from './show-html.js';
import { showJunit } from './show-junit.js';
import { showText } from './show-text.js';

export const FORMATS = ['text', 'json', 'junit', 'html'] as const;

export type Format = (typeof FORMATS)[number];

export interface PreSendOptions {
  outbound: OutboundOptions;
  /** The path of a Chromium, by which pages run their scripts; without it that they may lead on is told. */
  browser?: string | undefined;
  onLink?: (done: number, of: number) => void;
}

/** Looks at links from where this runs; what is written together is compared, too. Throws BrowserFailed. */
export async function checkBeforeSending(
  { name, links }: { name: string; links: readonly QaLink[] },
  settings: QaSettings,
  { outbound, browser, onLink }: PreSendOptions,
): Promise<QaReport> {
  const http = new OutboundHttp({ ...outbound, isPlainHttpAllowed: true });
  const distinct = joinPlaces(links);
  const reports = new Map<QaLink, LinkReport>();
  const scripts = browser === undefined ? undefined : new ScriptRunner(browser);
  try {
    await scripts?.start();
    await new LinkChecker(http, settings, () => Date.now(), scripts).checkAll(distinct, (link, checked) => {
      reports.set(link, reportOf(link, checked));
      onLink?.(reports.size, distinct.length);
    });
  } finally {
    await scripts?.close();
  }
  const finishedAt = new Date().toISOString();
  return putTogether({ name, finishedAt }, distinct.map((link) => reports.get(link)!), checkTogether(distinct, settings)); // prettier-ignore
}

export function show(report: QaReport, format: Format, failOn: 'error' | 'warning'): string {
  switch (format) {
    case 'text':
      return showText(report);
    case 'json':
      return `${JSON.stringify(report, undefined, 2)}\n`;
    case 'junit':
      return showJunit(report, failOn);
    case 'html':
      return showHtml(report);
  }
}

/** Whether nothing at all could be reached: that says something of where this runs, and nothing of the links. */
export function isOffline({ links }: QaReport): boolean {
  const walks = links.flatMap((link) => link.walks);
  const isCutOff = ({ end }: (typeof walks)[number]): boolean =>
    end.kind === 'no answer' && /^(EAI_AGAIN|ENETUNREACH|ENETDOWN|EHOSTUNREACH)$/.test(end.code);
  return walks.length > 0 && walks.every(isCutOff);
}
