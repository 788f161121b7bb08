import type { PlantedFault } from './faults.js';

/** A source with the fault in it. Throws where the text that it replaces is not there, or more than once. */
export function planted(source: string, { name, file, find, replace }: PlantedFault): string {
  const [before, after, ...more] = source.split(find);
  if (after === undefined) throw new Error(`"${name}" is stale: ${file} does not hold\n${find}`);
  if (more.length > 0) throw new Error(`"${name}" is not exact: ${file} holds more than once\n${find}`);
  return before + replace + after;
}
