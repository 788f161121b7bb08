import type { Finding } from './finding.js';
import type { LinkReport, QaReport } from './qa-report.js';
import { placeOf } from './show-place.js';

/** As JUnit XML: a link is a test case, and an error of it a failure; warnings and notes stand in its output. */
export function showJunit(report: QaReport, failOn: 'error' | 'warning' = 'error'): string {
  const isFailure = ({ severity }: Finding): boolean => severity === 'error' || severity === failOn;
  const cases = [
    ...report.links.map((link) => testCase(`${nameOf(link)}`, link.findings, isFailure, link.isWalked)),
    ...report.together.map((one) => testCase(one.about, [one], isFailure, true)),
  ];
  const failures = [...report.links.map((link) => link.findings), ...report.together.map((one) => [one])];
  const counts = `tests="${cases.length}" failures="${failures.filter((list) => list.some(isFailure)).length}"`;
  const skipped = report.links.filter((link) => !link.isWalked && !link.findings.some(isFailure)).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(report.name)}" ${counts} skipped="${skipped}" errors="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function nameOf(link: LinkReport): string {
  return `${link.url}${link.places[0] ? ` (${placeOf(link.places[0])})` : ''}`;
}

function testCase(
  name: string,
  findings: readonly Finding[],
  isFailure: (one: Finding) => boolean,
  isWalked: boolean,
): string {
  const failures = findings.filter(isFailure);
  const notes = findings.filter((one) => !isFailure(one));
  const inner = [
    ...failures.map(
      (one) => `      <failure type="${one.code}" message="${escapeXml(one.says)}">${escapeXml(inFull(one))}</failure>`,
    ),
    ...(failures.length === 0 && !isWalked ? ['      <skipped/>'] : []),
    ...(notes.length > 0
      ? [
          `      <system-out>${escapeXml(notes.map((one) => `${one.severity}: ${inFull(one)}`).join('\n'))}</system-out>`,
        ]
      : []),
  ];
  const head = `    <testcase classname="links" name="${escapeXml(name)}"`;
  return inner.length === 0 ? `${head}/>` : [`${head}>`, ...inner, '    </testcase>'].join('\n');
}

function inFull({ code, says, where, clients, mend }: Finding): string {
  const as = clients.length > 0 ? ` [${clients.join(', ')}]` : '';
  return `${code}: ${says}${where === '' ? '' : ` At ${where}.`}${as} ${mend}`;
}

/** Also without the characters that XML can't hold. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/g, '\ufffd');
}
