import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

interface Usage {
  parent: number;
  own: number;
  /** Of children that have ended. */
  ended: number;
}

function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = (...places: number[]): number => places.reduce((sum, place) => sum + fields[place]!, 0) * TICK_MS;
    return { parent: fields[1]!, own: ticks(11, 12), ended: ticks(13, 14) };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** The processor time that a process and its children have used, in milliseconds; 0 where there is no /proc. */
export function cpuMsOf(pid: number): number {
  const own = usageOf(pid);
  if (!own) return 0;
  const others = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [usageOf(Number(name))] : []));
  const children = others.filter((one) => one?.parent === pid);
  return own.own + own.ended + children.reduce((sum, one) => sum + (one?.own ?? 0), 0);
}

/**
 * How long the main thread of a process was ready to run and had no processor, in milliseconds: what of its latency is the
 * machine's. 0 where there is no /proc.
 */
export function waitedMsOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1_000_000;
  } catch {
    return 0;
  }
}
