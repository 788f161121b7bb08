import type { Finding } from './finding.js';
import type { QaReport } from './qa-report.js';
import { placeOf } from './show-place.js';

const MARKS = { error: 'ERROR  ', warning: 'warning', info: 'note   ' };

/** For a terminal: what is wrong, where, and how to mend it; good links only as a number. */
export function showText(report: QaReport): string {
  const lines = [`${printable(report.name)}`];
  for (const { url, findings, places } of report.links) {
    if (findings.length === 0) continue;
    lines.push('', `${printable(url)}`, ...places.slice(0, 3).map((one) => `  in ${printable(placeOf(one))}`));
    lines.push(...findings.flatMap(findingLines));
  }
  if (report.together.length > 0) lines.push('', 'Together', ...report.together.flatMap(findingLines));
  const { links, walked, error, warning, info } = report.totals;
  lines.push('', `${links} links, ${walked} of them walked: ${error} errors, ${warning} warnings, ${info} notes.`, '');
  return lines.join('\n');
}

function findingLines({ severity, says, where, clients, mend }: Finding): string[] {
  const as = clients.length > 0 ? ` (${clients.join(', ')})` : '';
  const at = where === '' ? [] : [`          at ${printable(where)}`];
  return [`  ${MARKS[severity]} ${printable(says)}${as}`, ...at, `          → ${mend}`];
}

/** Pages may say anything, also what moves a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}
