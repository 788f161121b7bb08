import { readFileSync } from 'node:fs';

type Judge = (printed: string) => { exitCode: number; text: string };

describe('the audit of packages in CI', () => {
  let judgeAudit: Judge;

  beforeAll(async () => {
    const script = '../../scripts/audit.js';
    ({ judgeAudit } = (await import(script)) as { judgeAudit: Judge });
  });

  const report = (counts: object, vulnerabilities: object = {}) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { vulnerabilities: counts } });
  const hole = (severity: string) => ({ pg: { name: 'pg', severity, range: '<9' } });

  it.each(['high', 'critical'])('fails over a hole that is %s, and names the package', (severity) => {
    const { exitCode, text } = judgeAudit(report({ [severity]: 1 }, hole(severity)));
    expect(exitCode).toBe(1);
    expect(text).toContain(`${severity}: pg <9`);
  });

  it('passes with lesser holes, and says how many', () => {
    expect(judgeAudit(report({ low: 1, moderate: 2, high: 0, critical: 0 }, hole('low')))).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('lesser ones: 3'),
    });
  });

  it.each([
    ['answers with an error', JSON.stringify({ message: '405 Method Not Allowed', method: 'POST', body: {} })],
    ['can not be reached', JSON.stringify({ error: { code: 'ENOTFOUND', summary: 'not found' } })],
    ['says nothing', ''],
  ])('does not fail when the registry %s, and does not claim to have looked', (_case, printed) => {
    const { exitCode, text } = judgeAudit(printed);
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^WARNING: .*NOT AUDITED/);
  });

  it('is a step of CI', () => {
    expect(readFileSync('.ci/run', 'utf8')).toMatch(/^step 'audit' node scripts\/audit\.js$/m);
  });
});
