import { finding, type Finding } from './finding.js';
import { isKept, type QaSettings } from './qa-settings.js';
import type { Walk } from './walk.js';

/** A parameter that holds where to go on: what stands in it is on its way, too. */
const CARRIERS =
  /^(redirect|redirect_to|redirect_url|redirect_uri|return|return_to|return_url|url|u|next|target|dest|destination|to)$/i;

/** The kept parameters at one address: by name in lower case, all the values. */
interface Parameters {
  own: Map<string, string[]>;
  /** Within addresses that are themselves values. */
  carried: Map<string, string[]>;
}

/** Whether campaign, discount and cart parameters reach the end as they were, each once. */
export function checkParameters(walk: Walk, settings: QaSettings): Finding[] {
  const clients = [walk.client];
  const stations = walk.hops.map(({ url }) => parametersOf(url, settings));
  const found = new Map<string, Finding>();
  const note = (key: string, one: Finding): void => void (found.has(key) || found.set(key, one));
  stations.forEach(({ own }, at) => {
    for (const [name, values] of own) {
      if (values.length < 2 || name.endsWith('[]')) continue;
      const says = `"${name}" stands ${values.length} times in the address${at === 0 ? '' : ' after a redirect'}.`;
      note(`doubled ${name}`, finding('parameter-doubled', says, { where: walk.hops[at]!.url, about: name, clients }));
    }
  });
  for (const [name, { value, since }] of firstSeen(stations)) {
    const one = missed(walk, stations, { name, value, since });
    if (one) note(name, { ...one, clients });
  }
  return [...found.values()];
}

function firstSeen(stations: readonly Parameters[]): Map<string, { value: string; since: number }> {
  const seen = new Map<string, { value: string; since: number }>();
  stations.forEach(({ own, carried }, since) => {
    for (const [name, [value]] of [...own, ...carried]) {
      if (!seen.has(name) && value !== undefined) seen.set(name, { value, since });
    }
  });
  return seen;
}

/** What became of a parameter that is not at the end as it was. */
function missed(
  walk: Walk,
  stations: readonly Parameters[],
  { name, value, since }: { name: string; value: string; since: number },
): Finding | undefined {
  const last = stations.at(-1)!;
  if (valuesOf(last, name).includes(value)) return undefined;
  if (isDiscount(name) && walk.hops.some((hop) => hop.discount === value)) return undefined;
  const at = stations.findIndex((one, index) => index > since && !valuesOf(one, name).includes(value));
  const [other] = valuesOf(last, name);
  const where = walk.hops[at - 1]!.url;
  if (other === undefined)
    return finding('parameter-lost', `"${name}" is lost by this redirect.`, { where, about: name });
  return finding('parameter-changed', `"${name}" becomes another value by this redirect.`, { where, about: name });
}

function isDiscount(name: string): boolean {
  return name === 'discount' || name === 'discount_code';
}

function valuesOf({ own, carried }: Parameters, name: string): string[] {
  return [...(own.get(name) ?? []), ...(carried.get(name) ?? [])];
}

function parametersOf(text: string, settings: QaSettings): Parameters {
  const parameters: Parameters = { own: new Map(), carried: new Map() };
  const url = new URL(text);
  for (const [name, value] of url.searchParams) {
    if (isKept(name, settings)) add(parameters.own, name, value);
    if (!CARRIERS.test(name) || !/^(https?:\/\/|\/)/i.test(value) || !URL.canParse(value, text)) continue;
    for (const [within, inner] of new URL(value, url).searchParams) {
      if (isKept(within, settings)) add(parameters.carried, within, inner);
    }
  }
  return parameters;
}

function add(to: Map<string, string[]>, name: string, value: string): void {
  const lower = name.toLowerCase();
  to.set(lower, [...(to.get(lower) ?? []), value]);
}
