import type { KeyedValue } from './figure.js';

/** By what clicks can be told apart in a report. */
export const DIMENSIONS = ['cta', 'link', 'template', 'campaign', 'utm_content', 'channel'] as const;

export type Dimension = (typeof DIMENSIONS)[number];

/** Where a click belongs; null where it is of none. */
export type Place = Readonly<Record<Dimension, string | null>>;

/** What is added up together: the clicks that agree in some dimensions. */
export interface Cut {
  key: string;
  dimensions: readonly Dimension[];
}

/** Everything that a report can be by. One more costs a line here, and figures for each click. */
export const CUTS: readonly Cut[] = [
  { key: 'total', dimensions: [] },
  ...DIMENSIONS.map((dimension): Cut => ({ key: dimension, dimensions: [dimension] })),
  { key: 'cta_template', dimensions: ['cta', 'template'] },
];

/** Deliveries by message: campaign, action and channel. */
export const DELIVERIES = 'deliveries';

/** Month by month, which messages clicks came from: by all dimensions, the action after the campaign. */
export const ORIGINS = 'origins';

/** What a click is in each cut, in the order of {@link CUTS}. */
export type CutValues = readonly KeyedValue[];

export function valuesIn(place: Place): CutValues {
  return CUTS.map(({ dimensions }) => keyed(dimensions.map((dimension) => place[dimension])));
}

export function keyed(value: readonly (string | null)[]): KeyedValue {
  return { value, key: JSON.stringify(value) };
}
