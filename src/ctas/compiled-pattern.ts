import type { CtaPattern, ParameterTest } from './cta-pattern.js';
import { globMatches } from './glob.js';
import { MESSAGE_KINDS, type MessageContext } from './message-context.js';
import { parameterName, pathSpelling, withoutTrailingSlash, type Link } from './normalise-href.js';
import { specificityOf, type Specificity } from './specificity.js';

/** A pattern in the spelling of normalised links, ready to be compared with them and with other patterns. */
export interface CompiledPattern {
  host: string | undefined;
  path: string | undefined;
  query: readonly (readonly [name: string, test: ParameterTest])[];
  tag: string | undefined;
  /** As `campaign_id:7`. */
  message: string | undefined;
  action: string | undefined;
  link: string | undefined;
  specificity: Specificity;
}

export function compilePattern(pattern: CtaPattern): CompiledPattern {
  const { message = {} } = pattern;
  const kind = MESSAGE_KINDS.find((name) => message[name] !== undefined);
  const compiled = {
    host: pattern.host?.toLowerCase(),
    path: pattern.path === undefined ? undefined : pathOf(pattern.path),
    query: Object.entries(pattern.query ?? {}).map(([name, test]) => [parameterName(name), test] as const),
    tag: pattern.tag,
    message: kind && `${kind}:${message[kind]}`,
    action: message.action_id === undefined ? undefined : String(message.action_id),
    link: pattern.link_id === undefined ? undefined : String(pattern.link_id),
  };
  return { ...compiled, specificity: specificityOf(compiled) };
}

function pathOf(path: string): string {
  return withoutTrailingSlash(path.split('*').map(pathSpelling).join('*'));
}

export function patternMatches(pattern: CompiledPattern, link: Link, context: MessageContext): boolean {
  return (
    (pattern.message === undefined || pattern.message === context.message) &&
    (pattern.action === undefined || pattern.action === context.action) &&
    (pattern.link === undefined || pattern.link === context.link) &&
    (pattern.tag === undefined || pattern.tag === context.tag) &&
    (pattern.host === undefined || hostMatches(pattern.host, link.host)) &&
    (pattern.path === undefined || globMatches(pattern.path, link.path)) &&
    pattern.query.every(([name, test]) => parameterHolds(test, link.query.get(name)))
  );
}

export function hostMatches(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : host === pattern;
}

export function parameterHolds(test: ParameterTest, value: string | undefined): boolean {
  if (typeof test === 'string') return value === test;
  if ('exists' in test) return (value !== undefined) === test.exists;
  return value?.startsWith(test.startsWith) ?? false;
}
