/** A cell of a CSV file as RFC 4180 quotes it; a text that a spreadsheet would take for a formula is set apart by an apostrophe. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const DELIMITERS = [',', ';', '\t', '|'];

/** The delimiter of a header line: the one that is in it most often. */
export function delimiterOf(header: string): string {
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counted.reduce((most, one) => (one.count > most.count ? one : most)).delimiter;
}
