import { escapeHtml } from '../platform/escape-html.js';
import type { Finding } from './finding.js';
import type { LinkReport, QaReport } from './qa-report.js';
import { placeOf } from './show-place.js';
import type { Hop, Walk } from './walk.js';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.5rem}h2{font-size:1.05rem;overflow-wrap:anywhere;margin:0}section{border:1px solid #d5dae1;border-radius:8px;padding:1rem;margin:1rem 0}
.error{color:#b3261e}.warning{color:#8a5a00}.info{color:#3a5a8c}.good{color:#1b6e3c}.mark{font-weight:600}
ul{padding-left:1.2rem}li{margin:.4rem 0}small,.place{color:#5a6470}table{border-collapse:collapse;width:100%;font-size:13px}
td,th{text-align:left;padding:.25rem .5rem;border-top:1px solid #e4e8ed;vertical-align:top}td.url{overflow-wrap:anywhere}`;

/** As a page that needs nothing else; nothing that came from outside stands in it unescaped, and nothing in it is a link. */
export function showHtml(report: QaReport): string {
  const { links, walked, error, warning, info } = report.totals;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Links of ${escapeHtml(report.name)}</title><style>${STYLE}</style></head><body>
<h1>Links of ${escapeHtml(report.name)}</h1>
<p>${links} links, ${walked} of them walked${report.finishedAt ? `; ${escapeHtml(report.finishedAt)}` : ''}.
<span class="error">${error} errors</span>, <span class="warning">${warning} warnings</span>, <span class="info">${info} notes</span>.</p>
${report.together.length === 0 ? '' : `<section><h2>Together</h2>${findingList(report.together)}</section>`}
${byGravity(report.links).map(section).join('\n')}
</body></html>
`;
}

const ORDER = ['error', 'warning', 'info', 'good'];

function byGravity(links: readonly LinkReport[]): LinkReport[] {
  return [...links].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
}

function section(link: LinkReport): string {
  const places = link.places.map((one) => escapeHtml(placeOf(one))).join('; ');
  const cta = link.cta === null ? '' : ` · ${escapeHtml(link.cta)}`;
  const word = link.isWalked || link.outcome !== 'good' ? link.outcome : 'not walked';
  return `<section><h2><span class="mark ${link.outcome}">${word}</span> ${escapeHtml(link.url)}</h2>
<p class="place">${places}${cta}</p>${findingList(link.findings)}${waysOf(link.walks)}</section>`;
}

function findingList(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const items = findings.map(({ severity, says, where, clients, mend, code }) => {
    const at = where === '' ? '' : `<br><small>at ${escapeHtml(where)}</small>`;
    const as = clients.length === 0 ? '' : ` <small>(${escapeHtml(clients.join(', '))})</small>`;
    return `<li><span class="mark ${severity}">${severity}</span> ${escapeHtml(says)}${as}${at}<br>${escapeHtml(mend)} <small>${code}</small></li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

/** Clients that went the same way are shown once. */
function waysOf(walks: readonly Walk[]): string {
  const ways = new Map<string, Walk[]>();
  for (const walk of walks) {
    const key = JSON.stringify([walk.hops.map(({ url, status, cookies }) => [url, status, cookies]), walk.end]);
    ways.set(key, [...(ways.get(key) ?? []), walk]);
  }
  return [...ways.values()].map(wayOf).join('');
}

function wayOf(walks: readonly Walk[]): string {
  const [{ hops, end }] = walks as [Walk];
  const clients = walks.map((one) => one.client).join(', ');
  return `<details><summary>${escapeHtml(clients)}: ${hops.length} requests, ${escapeHtml(end.kind)}</summary><table>
<tr><th>status</th><th>address</th><th>ms</th><th>TLS until</th><th>cookies</th></tr>${hops.map(row).join('')}</table></details>`;
}

function row({ status, url, ms, tls, cookies, via }: Hop): string {
  const until = tls?.validTo?.slice(0, 10) ?? (url.startsWith('https:') ? '' : 'none');
  const cells = [
    status ?? '—',
    `${url}${via === 'link' || via === 'redirect' ? '' : ` (${via})`}`,
    ms,
    until,
    cookies.join(', '),
  ];
  return `<tr>${cells.map((cell, at) => `<td${at === 1 ? ' class="url"' : ''}>${escapeHtml(String(cell))}</td>`).join('')}</tr>`;
}
