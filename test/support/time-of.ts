const TRIES = 20;

/**
 * How long work takes by itself, in ms: the processor time of the quickest of several tries, so that neither a cold start
 * nor whatever else the machine does is counted.
 */
export function timeOf(work: () => void): number {
  const tries = Array.from({ length: TRIES }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...tries);
}
