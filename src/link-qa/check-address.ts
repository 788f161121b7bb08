import { finding, type Finding } from './finding.js';
import type { QaSettings } from './qa-settings.js';

/** What can be told of a link without asking anybody, and whether it can be walked. */
export interface AddressCheck {
  findings: Finding[];
  /** The address to ask; null: there is nothing to ask. */
  url: string | null;
}

/** Of Liquid, Handlebars and merge tags: the value is there only once the message is sent. */
const EXPRESSION = /\{\{.*?\}\}|\{%.*?%\}|%%[\w ]+%%|\*\|.+?\|\*/s;
const NOT_OF_THE_WEB = /^(?!https?:)[a-z][a-z0-9+.-]*:/i;

/** Looks at an href as it stands in a template, entities already resolved. `isTrusted`: whether a host may be without TLS. */
export function checkAddress(
  href: string,
  settings: Pick<QaSettings, 'mostUrlLength'>,
  isTrusted: (url: string) => boolean = () => false,
): AddressCheck {
  const text = href.trim();
  if (text === '' || text === '#') return stop(finding('empty-link', 'The link leads nowhere.'));
  if (text.startsWith('#')) return { findings: [], url: null };
  if (EXPRESSION.test(text)) {
    return stop(finding('template-expression', 'The address is not known before the message is sent.'));
  }
  if (/^javascript:/i.test(text)) return stop(finding('script-link', 'The link is a script.'));
  if (NOT_OF_THE_WEB.test(text) && !/^[\w-]+(\.[\w-]+)+:\d+(\/|$)/.test(text)) return { findings: [], url: null };
  if (!/^https?:\/\//i.test(text)) {
    return stop(finding('no-scheme', 'The address has no scheme; mail programs make nothing, or anything, of it.'));
  }
  if (!URL.canParse(text)) return stop(finding('no-url', 'The address is no URL.'));
  const findings = [...checkQuery(text)];
  if (/\s/.test(text)) findings.push(finding('spaces', 'There are spaces in the address.'));
  if (/^http:/i.test(text) && !isTrusted(text)) findings.push(finding('plain-http', 'The link begins without TLS.'));
  findings.push(...checkLength(text, settings));
  return { findings, url: text };
}

export function checkLength(url: string, { mostUrlLength }: Pick<QaSettings, 'mostUrlLength'>, where = ''): Finding[] {
  if (url.length <= mostUrlLength) return [];
  return [finding('url-long', `The address has ${url.length} characters, more than ${mostUrlLength}.`, { where })];
}

function* checkQuery(text: string): Iterable<Finding> {
  const [beforeFragment = ''] = text.split('#', 1);
  const [path = '', ...queries] = beforeFragment.split('?');
  if (/&amp;/i.test(beforeFragment)) yield finding('double-escaped', 'The address holds "&amp;" where "&" is meant.');
  if (/&(utm_\w+|discount)=/i.test(path)) {
    yield finding('no-question-mark', 'Parameters stand in the path: there is no "?" before them.');
  }
  if (queries.slice(1).some((one) => /^(utm_\w+|discount)=/i.test(one))) {
    yield finding('second-question-mark', 'Parameters stand after a second "?" and so belong to the value before it.');
  }
}

function stop(one: Finding): AddressCheck {
  return { findings: [one], url: null };
}
