import type { Place } from './qa-report.js';

export function placeOf({ source, line, text }: Place): string {
  return `${source}${line === undefined ? '' : `:${line}`}${text ? ` "${text}"` : ''}`;
}
