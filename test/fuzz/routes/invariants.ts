import { isDeepStrictEqual } from 'node:util';
import type { Call } from './requests.js';

export interface Answer {
  status: number;
  type: string;
  text: string;
  /** Undefined where it is no JSON. */
  json: unknown;
  tookMs: number;
}

/** Of an answer that refuses something. */
interface Refusal {
  status?: unknown;
  title?: unknown;
  detail?: unknown;
  errors?: { pointer?: unknown; detail?: unknown }[];
}

const SLOWEST_MS = 10_000;
const MOST_OF_A_REFUSAL = 100_000;

/** What no answer of the API may be like, whatever was asked. */
export function wrongWithAnswer(call: Call, answer: Answer): string[] {
  const { status, type, text, json, tookMs } = answer;
  const wrong: string[] = [];
  if (tookMs > SLOWEST_MS) wrong.push(`it took ${Math.round(tookMs)} ms`);
  if (status >= 500 && status !== 503) wrong.push(`it is answered ${status}`);
  const { statuses } = call.route;
  if (!statuses.includes(String(status)) && !(status >= 400 && statuses.includes('default')))
    wrong.push(`the document knows of ${statuses.join(', ')}, not of ${status}`);
  if (/^application\/(problem\+)?json/.test(type) && text !== '' && json === undefined)
    wrong.push('its JSON is broken');
  if (status >= 400) wrong.push(...wrongWithRefusal(call, answer));
  return wrong;
}

function wrongWithRefusal(call: Call, { status, type, text, json }: Answer): string[] {
  if (!type.startsWith('application/problem+json')) return [`a refusal of type ${type}`];
  const { status: said, title, detail, errors = [] } = json as Refusal;
  const wrong: string[] = [];
  if (said !== status) wrong.push(`it says ${String(said)}, and is ${status}`);
  if (typeof title !== 'string' || typeof detail !== 'string' || detail.length < 10) wrong.push('it explains nothing');
  if (status === 400 && errors.length === 0 && /^(The request is not right|Bad Request)/.test(String(detail)))
    wrong.push('it does not say what is wrong');
  if (text.length > MOST_OF_A_REFUSAL) wrong.push(`a refusal of ${text.length} characters`);
  for (const { pointer, detail: what } of errors) {
    if (typeof pointer !== 'string' || typeof what !== 'string' || what === '')
      wrong.push('an error without a place or a detail');
    else if (call.json !== undefined && !leadsSomewhere(call.json, pointer))
      wrong.push(`nothing is at ${pointer.slice(0, 200)}`);
  }
  return wrong.slice(0, 3);
}

/** Whether a JSON pointer leads to something of a body, or to something that is missing in what there is. */
function leadsSomewhere(body: unknown, pointer: string): boolean {
  const parts = pointer.split('/').slice(1);
  const names = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at = body;
  for (const name of names.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false;
    at = (at as Record<string, unknown>)[name];
  }
  return pointer === '' || pointer.startsWith('/');
}

/**
 * Where what was put differs from what is given back, as a pointer; undefined where all that was put is there. What the
 * answer does not speak of is left out.
 */
export function differenceTo(given: unknown, wanted: unknown, pointer = ''): string | undefined {
  if (Array.isArray(wanted) || Array.isArray(given) || !isObject(wanted) || !isObject(given)) {
    return isSame(given, wanted) ? undefined : `${pointer}: ${shown(given)} for ${shown(wanted)}`;
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(given, name)) {
      if (pointer === '') continue;
      return `${pointer}/${name}: nothing for ${shown(value)}`;
    }
    const difference = differenceTo(given[name], value, `${pointer}/${name}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Also if said otherwise: 7 as "7", an instant with another offset, a list that says nothing twice. */
function isSame(given: unknown, wanted: unknown): boolean {
  if (isDeepStrictEqual(given, wanted)) return true;
  if (Array.isArray(given) && Array.isArray(wanted)) return isDeepStrictEqual(given, [...new Set<unknown>(wanted)]);
  if (isObject(given) || isObject(wanted)) return false;
  return String(given) === String(wanted) || Date.parse(String(given)) === Date.parse(String(wanted));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 200);
}
