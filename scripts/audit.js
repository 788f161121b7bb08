// Whether a package that the service is shipped with has a known hole. Where the registry can't be asked, this says so and
// does not fail: what is not known is not a finding.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const GRAVE = ['high', 'critical'];

/** What `npm audit --json` printed, in words, and the exit code that it deserves. */
export function judgeAudit(printed) {
  const report = parsed(printed);
  const counts = report?.metadata?.vulnerabilities;
  if (!counts) {
    const why = report?.message ?? report?.error?.summary ?? 'no report came';
    return { exitCode: 0, text: `WARNING: the registry could not be asked for known holes (${why}): NOT AUDITED.` };
  }
  const grave = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) => GRAVE.includes(severity));
  const total = GRAVE.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
  if (total === 0) {
    const minor = (counts.moderate ?? 0) + (counts.low ?? 0);
    return { exitCode: 0, text: `No package that is shipped has a grave hole; lesser ones: ${minor}.` };
  }
  const lines = grave.map(({ name, severity, range }) => `  ${severity}: ${name} ${range}`);
  return { exitCode: 1, text: [`${total} packages that are shipped have grave holes:`, ...lines].join('\n') };
}

function parsed(printed) {
  try {
    return JSON.parse(printed);
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 120_000 });
  const { exitCode, text } = judgeAudit(stdout ?? '');
  console.log(text);
  process.exitCode = exitCode;
}
