import { csvCell } from '../platform/csv.js';
import { defaultChannelOf, UNASSIGNED, USUAL_GROUPS } from './ga4-channels.js';
import { patternExample, patternRegex } from './slot-pattern.js';
import { rulesOf, type ChannelDeclaration, type KeyRule, type UtmSchema } from './utm-schema.js';

/** What a visit has to be tagged with; every condition has to hold. */
export interface GroupCondition {
  dimension: 'source' | 'medium' | 'campaign';
  /** `regex` is of the whole value, as RE2 writes it. */
  match: 'one of' | 'regex';
  values: string[];
}

/** A channel as a rule of a GA4 channel group. */
export interface GroupRule {
  order: number;
  channel: string;
  group: string;
  conditions: GroupCondition[];
  /** Where Google Analytics puts its links without this mapping. */
  defaultGroups: string[];
  warnings: string[];
}

const DIMENSIONS = [
  ['source', 'utm_source'],
  ['medium', 'utm_medium'],
  ['campaign', 'utm_campaign'],
] as const;

/** The channels of a schema as rules of a channel group, in the order in which they are declared: the first that fits holds. */
export function groupRules(schema: UtmSchema): GroupRule[] {
  const rules: GroupRule[] = [];
  for (const [channel, declared] of Object.entries(schema.channels ?? {})) {
    rules.push(groupRule(schema, channel, declared, rules));
  }
  return rules;
}

function groupRule(
  schema: UtmSchema,
  channel: string,
  declared: ChannelDeclaration,
  before: readonly GroupRule[],
): GroupRule {
  const keys = rulesOf(schema, channel);
  const group = declared.group ?? USUAL_GROUPS[channel]?.group ?? channel[0]!.toUpperCase() + channel.slice(1);
  const conditions = DIMENSIONS.flatMap(([dimension, key]) => {
    const rule = keys.get(key);
    // The campaign tells channels apart only where a channel has campaigns of its own.
    const isTold = rule && (dimension !== 'campaign' || declared.keys?.[key] !== undefined);
    return isTold ? [conditionOf(dimension, rule)] : [];
  });
  const defaults = defaultsOf(keys);
  const warnings = [
    ...(conditions.some(({ dimension }) => dimension === 'medium') ? [] : ['no medium is declared: any will do']),
    ...defaults.flatMap((one) => defaultWarnings(one, group, channel)),
    ...before
      .filter((one) => isHiddenBy(conditions, one))
      .map((one) => `its visits are taken by "${one.group}" before it`),
  ];
  const defaultGroups = [...new Set(defaults.map((one) => one.group))];
  return { order: before.length + 1, channel, group, conditions, defaultGroups, warnings: [...new Set(warnings)] };
}

function conditionOf(dimension: GroupCondition['dimension'], rule: KeyRule): GroupCondition {
  if (rule.allowed) return { dimension, match: 'one of', values: [...rule.allowed] };
  const regex = patternRegex(rule.pattern, rule.separator);
  return { dimension, match: 'regex', values: [rule.case === 'lower' ? regex.replaceAll('A-Za-z', 'a-z') : regex] };
}

interface Default {
  source: string;
  medium: string;
  campaign: string;
  group: string;
}

/** Where links with each of the values may land: all of them where they are listed, else an example. */
function defaultsOf(keys: ReadonlyMap<string, KeyRule>): Default[] {
  const valuesOf = (key: string): readonly string[] => {
    const rule = keys.get(key);
    return rule ? (rule.allowed ?? [patternExample(rule.pattern, rule.separator)]) : [''];
  };
  const tagged = valuesOf('utm_source').flatMap((source) =>
    valuesOf('utm_medium').flatMap((medium) =>
      valuesOf('utm_campaign').map((campaign) => ({ source, medium, campaign })),
    ),
  );
  return tagged.slice(0, MOST_COMBINATIONS).map((one) => ({ ...one, group: defaultChannelOf(one) }));
}

const MOST_COMBINATIONS = 5_000;

function defaultWarnings(
  { source, medium, campaign, group: found }: Default,
  group: string,
  channel: string,
): string[] {
  const usual = USUAL_GROUPS[channel];
  const better = usual && medium !== usual.medium ? `; the medium "${usual.medium}" would be "${usual.group}"` : '';
  if (found === UNASSIGNED) {
    return [
      `without this mapping, source "${source}" with medium "${medium}" is "${UNASSIGNED}" in Google Analytics${better}`,
    ];
  }
  if (found === 'Organic Shopping' || found === 'Paid Shopping') {
    return [`the campaign "${campaign}" makes it "${found}" in Google Analytics' default group, whatever the medium`];
  }
  return found === group ? [] : [`without this mapping, medium "${medium}" is "${found}" in Google Analytics${better}`];
}

/** Whether all that a rule takes is already taken: of lists, each value has to be in the other's. */
function isHiddenBy(conditions: readonly GroupCondition[], other: GroupRule): boolean {
  return other.conditions.every((wider) => {
    const own = conditions.find(({ dimension }) => dimension === wider.dimension);
    if (!own || own.match !== wider.match) return false;
    return own.values.every((value) => wider.values.includes(value));
  });
}

const FIELDS = { source: 'eachScopeSource', medium: 'eachScopeMedium', campaign: 'eachScopeCampaignName' } as const;

/** The body of `properties.channelGroups.create` of Google's Admin API. */
export function adminResource(rules: readonly GroupRule[]) {
  return {
    displayName: 'By UTM schema',
    groupingRule: rules
      .filter(({ conditions }) => conditions.length > 0)
      .map(({ group, conditions }) => ({
        displayName: group,
        expression: {
          andGroup: {
            filterExpressions: conditions.map((condition) => ({
              orGroup: { filterExpressions: [{ filter: filterOf(condition) }] },
            })),
          },
        },
      })),
  };
}

function filterOf({ dimension, match, values }: GroupCondition) {
  const fieldName = FIELDS[dimension];
  if (match === 'one of') return { fieldName, inListFilter: { values } };
  return { fieldName, stringFilter: { matchType: 'FULL_REGEXP', value: values[0] } };
}

export function mappingCsv(rules: readonly GroupRule[]): string {
  const lines = rules.map(({ order, channel, group, conditions, defaultGroups, warnings }) => {
    const told = DIMENSIONS.map(([dimension]) => {
      const condition = conditions.find((one) => one.dimension === dimension);
      return condition ? `${condition.match}: ${condition.values.join(' | ')}` : '';
    });
    return [String(order), channel, group, ...told, defaultGroups.join(' | '), warnings.join('; ')]
      .map(csvCell)
      .join(',');
  });
  const header = 'order,channel,channel_group,source,medium,campaign,default_channel_group,warnings';
  return [header, ...lines, ''].join('\r\n');
}
