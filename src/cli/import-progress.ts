/** What `GET /v1/imports/:id` tells. */
export interface Progress {
  id: string;
  state: 'running' | 'interrupted' | 'done';
  lines: number;
  bytes: number;
  /** CRC-32 of the file's first `bytes`; null where that is not known. */
  checksum: number | null;
  size: number | null;
  stored: number;
  duplicates: number;
  skipped: number;
  setAside: number;
  tooOld: number;
  linesPerSecond: number | null;
  secondsLeft: number | null;
  completeSince: string | null;
  declaredNames: string[] | null;
}

const number = (value: number): string => value.toLocaleString('en');

/** "41.2 %  412,000 lines  8,200 lines/s  3 set aside  about 2 min left" */
export function progressLine(progress: Progress): string {
  const { bytes, size, lines, linesPerSecond, setAside, secondsLeft } = progress;
  return [
    ...(size ? [`${((100 * bytes) / size).toFixed(1)} %`] : []),
    `${number(lines)} lines`,
    ...(linesPerSecond === null ? [] : [`${number(linesPerSecond)} lines/s`]),
    ...(setAside > 0 ? [`${number(setAside)} set aside`] : []),
    ...(secondsLeft === null ? [] : [`about ${duration(secondsLeft)} left`]),
  ].join('  ');
}

export function summary(progress: Progress): string {
  const { id, lines, stored, duplicates, skipped, setAside, tooOld, completeSince, declaredNames } = progress;
  const counts = [
    `${number(lines)} lines`,
    `${number(stored)} events stored`,
    `${number(duplicates)} known already`,
    ...(skipped > 0 ? [`${number(skipped)} lines without news`] : []),
    `${number(setAside)} set aside${tooOld > 0 ? ` (${number(tooOld)} older than events are kept)` : ''}`,
  ];
  const told = `Import ${id} is done: ${counts.join(', ')}.`;
  if (completeSince === null) return told;
  if (declaredNames === null) return `${told}\nThe history is not declared complete, since lines were set aside.`;
  const names = declaredNames.join(', ') || 'no event';
  return `${told}\nThe history is declared complete since ${completeSince}: ${names}.`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
