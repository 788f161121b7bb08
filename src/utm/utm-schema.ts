import { patternOf, type SlotPattern } from './slot-pattern.js';

/** How values of a key, or of all keys, are written. */
export type LetterCase = 'lower' | 'upper' | 'any';

export const SEPARATORS = ['_', '-', '.', '~', ':', ' ', '+'] as const;
export type Separator = (typeof SEPARATORS)[number];

/** What is declared of a key. What is not given is as for the whole schema. */
export interface KeyDeclaration {
  required?: boolean;
  /** Exactly these; or the form of a value (`slot-pattern.ts`). */
  allowed?: string[];
  pattern?: string;
  case?: LetterCase;
  separator?: Separator;
  maxLength?: number;
}

export interface ChannelDeclaration {
  /** What GA4 shall call it. */
  group?: string;
  /** What differs from the keys of the schema. */
  keys?: Record<string, KeyDeclaration>;
}

/** How links are named, as marketers declare it. */
export interface UtmSchema {
  /** Whose quarters count. */
  timeZone?: string;
  case?: LetterCase;
  separator?: Separator;
  maxLength?: number;
  /** Links to these hosts are named so, `*` for any run of characters; all unless given. */
  hosts?: string[];
  /** Parameters that the tool which sends the message appends by itself: they are as they are, and none of ours. */
  appended?: string[];
  keys: Record<string, KeyDeclaration>;
  channels?: Record<string, ChannelDeclaration>;
}

export const STANDARD_KEYS = (
  'utm_source utm_medium utm_campaign utm_term utm_content utm_id utm_source_platform utm_creative_format ' +
  'utm_marketing_tactic'
).split(' ');

/** Google Analytics keeps no more of a value. */
export const LONGEST_VALUE = 100;
const DEFAULTS = { case: 'lower', separator: '_', maxLength: LONGEST_VALUE } as const;

/** A key as it is to be in a channel. */
export interface KeyRule {
  key: string;
  isRequired: boolean;
  /** Undefined where the form decides. */
  allowed: readonly string[] | undefined;
  pattern: SlotPattern;
  case: LetterCase;
  separator: Separator;
  maxLength: number;
}

/** What holds in a channel, by key, in the order in which keys are declared. */
export type Rules = ReadonlyMap<string, KeyRule>;

/** The rules of a channel; of one that is not declared, and of none, the keys as they are for all. */
export function rulesOf(schema: UtmSchema, channel: string | null): Rules {
  const own = (channel !== null && declaredChannel(schema, channel)?.keys) || {};
  const keys = [...new Set([...Object.keys(schema.keys), ...Object.keys(own)])];
  return new Map(keys.map((key) => [key, ruleOf(schema, key, schema.keys[key] ?? {}, own[key] ?? {})]));
}

export function declaredChannel({ channels = {} }: UtmSchema, channel: string): ChannelDeclaration | undefined {
  return Object.hasOwn(channels, channel) ? channels[channel] : undefined;
}

function ruleOf(schema: UtmSchema, key: string, base: KeyDeclaration, own: KeyDeclaration): KeyRule {
  // A channel that says which values there are does not also take the others' form, or the other way round.
  const values = own.allowed || own.pattern !== undefined ? own : base;
  const separator = own.separator ?? base.separator ?? schema.separator ?? DEFAULTS.separator;
  return {
    key,
    isRequired: own.required ?? base.required ?? false,
    allowed: values.allowed,
    case: own.case ?? base.case ?? schema.case ?? DEFAULTS.case,
    separator,
    maxLength: own.maxLength ?? base.maxLength ?? schema.maxLength ?? DEFAULTS.maxLength,
    pattern: patternOf(values.pattern ?? '{words}'),
  };
}

/** The channel that alone takes this medium; null where none does, or several do. */
export function channelOfMedium(schema: UtmSchema, medium: string | undefined): string | null {
  if (medium === undefined) return null;
  const taking = Object.entries(schema.channels ?? {}).filter(([, { keys = {} }]) =>
    keys['utm_medium']?.allowed?.some((one) => one.toLowerCase() === medium.toLowerCase()),
  );
  return taking.length === 1 ? taking[0]![0] : null;
}
