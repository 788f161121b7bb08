import type { ParameterTest } from './cta-pattern.js';
import { literalLength } from './glob.js';

/** How closely a pattern describes its links. The first of these numbers that differs decides which of two is the closer. */
export interface Specificity {
  linkId: number;
  messageIds: number;
  tag: number;
  parameters: number;
  /** Of these, those with an exact value. */
  exactParameters: number;
  prefixCharacters: number;
  /** Stars are not counted. */
  pathCharacters: number;
  /** 1 without stars. */
  exactPath: number;
  hostCharacters: number;
}

const ORDER = [
  'linkId',
  'messageIds',
  'tag',
  'parameters',
  'exactParameters',
  'prefixCharacters',
  'pathCharacters',
  'exactPath',
  'hostCharacters',
] as const satisfies readonly (keyof Specificity)[];

interface Parts {
  host: string | undefined;
  path: string | undefined;
  query: readonly (readonly [string, ParameterTest])[];
  tag: string | undefined;
  message: string | undefined;
  action: string | undefined;
  link: string | undefined;
}

export function specificityOf({ host, path, query, tag, message, action, link }: Parts): Specificity {
  const count = (...parts: unknown[]): number => parts.filter((part) => part !== undefined).length;
  const tests = query.map(([, test]) => test);
  const prefixes = tests.map((test) => (typeof test === 'object' && 'startsWith' in test ? test.startsWith.length : 0));
  return {
    linkId: count(link),
    messageIds: count(message, action),
    tag: count(tag),
    parameters: tests.length,
    exactParameters: tests.filter((test) => typeof test === 'string').length,
    prefixCharacters: prefixes.reduce((sum, length) => sum + length, 0),
    pathCharacters: path === undefined ? 0 : literalLength(path),
    exactPath: path === undefined || path.includes('*') ? 0 : 1,
    hostCharacters: host === undefined ? 0 : literalLength(host),
  };
}

/** Negative where the first is the closer description; 0 where neither is. */
export function bySpecificity(a: Specificity, b: Specificity): number {
  const decisive = ORDER.find((name) => a[name] !== b[name]);
  return decisive ? b[decisive] - a[decisive] : 0;
}
