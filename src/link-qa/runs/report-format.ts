export type ReportFormat = 'json' | 'junit' | 'html';

/** What each format is sent as, and by which types it is asked for. */
export const CONTENT_TYPE: Readonly<Record<ReportFormat, string>> = {
  json: 'application/json; charset=utf-8',
  junit: 'application/xml; charset=utf-8',
  html: 'text/html; charset=utf-8',
};

const ASKED_BY: Readonly<Record<string, ReportFormat>> = {
  'application/json': 'json',
  'application/xml': 'junit',
  'text/xml': 'junit',
  'application/junit+xml': 'junit',
  'text/html': 'html',
};

/** The format that an `Accept` header likes best of ours; of equals the first. JSON where it names none. */
export function formatAccepted(accept: string | undefined): ReportFormat {
  let best: { format: ReportFormat; quality: number } | undefined;
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const format = ASKED_BY[type];
    const given = parameters.find((one) => one.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2)) || 0;
    if (format && quality > (best?.quality ?? 0)) best = { format, quality };
  }
  return best?.format ?? 'json';
}
