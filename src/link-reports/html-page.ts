import { escapeHtml } from '../platform/escape-html.js';
import type { Interval } from '../platform/statistics.js';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem}figure{margin:1.5rem 0}figcaption{font-weight:600}svg{max-width:100%;height:auto}
svg text{font-size:12px;fill:#3c444d;stroke:none}ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;margin:0}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px}caption{text-align:left;font-weight:600}
td,th{padding:.25rem .5rem;border-top:1px solid #e1e5ea;text-align:right;white-space:nowrap}th[scope=row],th:first-child{text-align:left}small{color:#5a6470}`;

/** A page that loads nothing and runs nothing; `body` is HTML, and whatever came from outside is escaped in it. */
export function htmlPage(title: string, about: readonly string[], body: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${about.map((one) => `<p>${escapeHtml(one)}</p>`).join('\n')}
${body.join('\n')}
</body></html>
`;
}

/** A table whose first cells name their rows. */
export function htmlTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map(([first, ...others]) => {
    const data = others.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr><th scope="row">${escapeHtml(first ?? '')}</th>${data}</tr>`;
  });
  const names = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  return `<div class="scroll"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${names}</tr></thead><tbody>${cells.join('\n')}</tbody></table></div>`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** As `12.0% (10.1% to 14.2%)`. */
export function percentWithin(interval: Interval | null): string {
  if (!interval) return '–';
  const { estimate, low, high } = interval;
  return low === null || high === null
    ? percent(estimate)
    : `${percent(estimate)} (${percent(low)} to ${percent(high)})`;
}
