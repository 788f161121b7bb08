import { escapeHtml } from '../platform/escape-html.js';
import type { Interval } from '../platform/statistics.js';

/** A line of a plot: a value for each place on the x-axis, null where nothing is known. */
export interface Series {
  name: string;
  points: readonly (Interval | null)[];
}

export interface Plot {
  title: string;
  /** Places on the x-axis. */
  labels: readonly string[];
  series: readonly Series[];
  /** How a value is written. */
  say: (value: number) => string;
}

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 64;
const TOP = 12;
const BOTTOM = 40;
const RIGHT = WIDTH - 12;
const TICKS = 4;
const MOST_LABELS = 8;
/** Told apart also by whoever sees fewer colours, and by their dashes (Okabe and Ito). */
const LINES = [
  ['#0072b2', ''],
  ['#d55e00', '6 3'],
  ['#009e73', '2 3'],
  ['#cc79a7', '8 3 2 3'],
  ['#8a6d00', '1 2'],
  ['#56b4e9', '12 4'],
] as const;

export const MOST_SERIES = LINES.length;

/** Lines over time with their intervals as bars; names and values are told to who can't see them by the table beside. */
export function linePlot({ title, labels, series, say }: Plot): string {
  const known = series.flatMap(({ points }) =>
    points.flatMap((point) => (point ? [point.high ?? point.estimate] : [])),
  );
  const top = Math.max(...known, 0) || 1;
  const x = (index: number) => LEFT + ((index + 0.5) * (RIGHT - LEFT)) / labels.length;
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const every = Math.ceil(labels.length / MOST_LABELS);
  const named = labels.map((label, index) => (index % every === 0 ? text(x(index), HEIGHT - 20, label, 'middle') : ''));
  const drawn = series.map(({ points }, at) => {
    const [colour, dashes] = LINES[at % LINES.length]!;
    const places = points.map((point, index) => point && { x: x(index) + (at - series.length / 2) * 2, point });
    const marks = places.map((one) => one && bar(one.x, one.point, y) + dot(one.x, y(one.point.estimate)));
    return `<g stroke="${colour}" fill="${colour}">${path(places, y, dashes)}${marks.join('')}</g>`;
  });
  return figure(title, HEIGHT, [...grid(top, y, say), ...named, ...drawn], legend(series));
}

/** Differences with their intervals, one below the other, to the left and the right of none. */
export function forestPlot(
  title: string,
  rows: readonly { name: string; interval: Interval | null }[],
  say: (value: number) => string,
): string {
  const known = rows.flatMap(({ interval }) =>
    interval ? [interval.low ?? interval.estimate, interval.high ?? interval.estimate] : [],
  );
  const end = Math.max(...known.map(Math.abs), 0) || 1;
  const from = WIDTH / 3;
  const x = (value: number) => from + ((value / end + 1) / 2) * (RIGHT - 40 - from);
  const height = rows.length * 24 + 40;
  const drawn = rows.map(({ name, interval }, index) => {
    const y = 24 * index + 20;
    const label = text(from - 12, y + 4, name, 'end');
    if (!interval) return label + text(x(0), y + 4, 'not known', 'middle');
    const { low, high, estimate } = interval;
    const span = low === null || high === null ? '' : `<path d="M${at(x(low))} ${y}H${at(x(high))}"/>`;
    return `${label}<g stroke="#0072b2" fill="#0072b2">${span}${dot(x(estimate), y)}</g>`;
  });
  const none = `<path stroke="#6b7480" stroke-dasharray="3 3" d="M${at(x(0))} 4V${height - 24}"/>`;
  const ticks = [-end, 0, end].map((value) => text(x(value), height - 8, say(value), 'middle'));
  return figure(title, height, [none, ...drawn, ...ticks], '');
}

function figure(title: string, height: number, parts: readonly string[], below: string): string {
  const name = escapeHtml(title);
  return `<figure><figcaption>${name}</figcaption><svg role="img" aria-label="${name}; its numbers are in the table" viewBox="0 0 ${WIDTH} ${height}">${parts.join('')}</svg>${below}</figure>`;
}

function grid(top: number, y: (value: number) => number, say: (value: number) => string): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const value = (top * tick) / TICKS;
    const rule = `<path stroke="#e1e5ea" d="M${LEFT} ${at(y(value))}H${RIGHT}"/>`;
    return rule + text(LEFT - 8, y(value) + 4, say(value), 'end');
  });
}

/** Broken where nothing is known. */
function path(
  places: readonly ({ x: number; point: Interval } | null)[],
  y: (value: number) => number,
  dashes: string,
): string {
  const steps = places.map((one, index) => {
    if (!one) return '';
    return `${places[index - 1] ? 'L' : 'M'}${at(one.x)} ${at(y(one.point.estimate))}`;
  });
  return `<path fill="none" stroke-width="2" stroke-dasharray="${dashes}" d="${steps.join('')}"/>`;
}

function bar(x: number, { low, high }: Interval, y: (value: number) => number): string {
  return low === null || high === null ? '' : `<path opacity=".6" d="M${at(x)} ${at(y(low))}V${at(y(high))}"/>`;
}

function dot(x: number, y: number): string {
  return `<circle r="3" cx="${at(x)}" cy="${at(y)}"/>`;
}

function text(x: number, y: number, said: string, anchor: 'middle' | 'end'): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escapeHtml(said)}</text>`;
}

function legend(series: readonly Series[]): string {
  const items = series.map(({ name }, index) => {
    const [colour, dashes] = LINES[index % LINES.length]!;
    const sample = `<svg width="28" height="8" aria-hidden="true"><path stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}" d="M0 4H28"/></svg>`;
    return `<li>${sample} ${escapeHtml(name)}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}

/** A coordinate; tenths are finer than anybody sees. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}
