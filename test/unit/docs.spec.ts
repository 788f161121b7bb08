import { readFileSync } from 'node:fs';
import { compileRule } from '../../src/core/compile-rule.js';
import { parseRule, ruleSchema } from '../../src/core/parse-rule.js';
import type { Rule } from '../../src/core/rule.js';
import { simulate } from '../../src/core/simulate.js';
import { RETENTION } from '../support/builders.js';
import { bodiesIn, fencesIn, type Fence } from '../support/doc-examples.js';
import { SchemaUsage } from '../support/schema-usage.js';

interface Simulation {
  rule: unknown;
  segments?: Record<string, unknown>;
  expect: { at: string; value: string; settlesAt?: string | null; nextChangeAt?: string | null }[];
}

interface Refusal {
  rule: unknown;
  problems: { pointer: string; detail: string; expected: string }[];
}

const KNOWN_FORMS = ['json rule', 'json simulation', 'json refused'];

const document = readFileSync('docs/rules.md', 'utf8');
const fences = fencesIn(document);
const rules = named(fences.filter(({ info }) => info === 'json rule'));
const simulations = named(fences.filter(({ info }) => info === 'json simulation'));
const refusals = named(fences.filter(({ info }) => info === 'json refused'));
const calls = fences.filter(({ info }) => info === 'sh').flatMap(({ text }) => bodiesIn(text));

describe('docs/rules.md', () => {
  it('has many examples, each of a form that is tested', () => {
    const unknown = fences.filter(({ info }) => info.startsWith('json') && !KNOWN_FORMS.includes(info));
    expect(unknown.map(({ line, info }) => `line ${line}: ${info}`)).toEqual([]);
    expect(rules.length).toBeGreaterThanOrEqual(70);
    expect(simulations.length).toBeGreaterThanOrEqual(40);
  });

  it.each(rules)('%s says what its rule means', (_, { text, quote }) => {
    expect(quote).toBe(sentenceOf(JSON.parse(text)));
  });

  it.each(simulations)('%s comes true', (_, { text }) => {
    const { expect: expected, ...request } = JSON.parse(text) as Simulation;
    expect(expected.length).toBeGreaterThan(0);
    const answer = simulate({ ...request, at: expected.map(({ at }) => at) }, RETENTION);
    if (!answer.ok) throw new Error(JSON.stringify(answer.problems, null, 2));
    expect(answer.results).toHaveLength(expected.length);
    const given = answer.results.map((result, index) => pick(result, Object.keys(expected[index]!)));
    expect(given).toEqual(expected);
  });

  it.each(refusals)('%s is refused', (_, { text }) => {
    const { rule, problems } = JSON.parse(text) as Refusal;
    const parsed = parseRule(rule, RETENTION, '/rule');
    const found = parsed.ok ? [] : parsed.problems;
    expect(found.map(({ pointer, problem, expected }) => ({ pointer, detail: problem, expected }))).toEqual(problems);
  });

  it('shows every condition, field, operator and named value of the language', () => {
    const usage = new SchemaUsage(ruleSchema());
    expect(usage.all().length).toBeGreaterThan(80);
    for (const rule of examples()) expect([rule, usage.use(rule)]).toEqual([rule, true]);
    expect(usage.unused()).toEqual([]);
  });

  it('makes calls that are answered', () => {
    const bodies = calls.map((body) => JSON.parse(body) as { rule: unknown; at?: unknown });
    expect(bodies.filter(({ at }) => !at).map(({ rule }) => sentenceOf(rule))).toHaveLength(1);
    const simulated = bodies.filter(({ at }) => at);
    expect(simulated.map((body) => simulate(body, RETENTION))).toEqual([expect.objectContaining({ ok: true })]);
    const withChanges = simulated.map((body) => simulate({ ...body, at: 'changes' }, RETENTION));
    expect(withChanges).toEqual([expect.objectContaining({ ok: true })]);
  });

  it('links only to headings that are there', () => {
    const anchors = [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));
    const links = [...document.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});

describe('README.md', () => {
  const readme = readFileSync('README.md', 'utf8');

  it('holds only rules that are right', () => {
    const inText = [...readme.matchAll(/`(\{ "[^`…]*\})`/g)].map(([, code]) => code!);
    const inCalls = fencesIn(readme).flatMap(({ text }) => bodiesIn(text));
    const found = [...inText, ...inCalls].flatMap((json) => rulesIn(JSON.parse(json)));
    expect(found.length).toBeGreaterThanOrEqual(2);
    for (const rule of found) expect(parseRule(rule, RETENTION)).toMatchObject({ ok: true });
  });

  it('leads to docs/rules.md', () => {
    expect(readme).toContain('](docs/rules.md)');
  });
});

function named(blocks: readonly Fence[]): [string, Fence][] {
  return blocks.map((block) => [block.title, block]);
}

function sentenceOf(value: unknown): string {
  const parsed = parseRule(value, RETENTION);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return compileRule(parsed.rule, segmentsNamedIn(value)).sentence;
}

/** A rule for each segment that is named: a sentence does not depend on what that is. */
function segmentsNamedIn(value: unknown): Map<string, Rule> {
  const keys = [...JSON.stringify(value).matchAll(/"segment":"([^"]*)"/g)].map(([, key]) => key!);
  return new Map(keys.map((key) => [key, { everyone: true }]));
}

/** Every rule of the document, those of segments in simulations included. */
function examples(): unknown[] {
  const simulated = simulations.map(([, { text }]) => JSON.parse(text) as Simulation);
  return [
    ...rules.map(([, { text }]) => JSON.parse(text) as unknown),
    ...simulated.flatMap(({ rule, segments = {} }) => [rule, ...Object.values(segments)]),
  ];
}

/** The rules in a body: itself if it is one, or those under "rule", however deep. */
function rulesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('performed' in value) return [value];
  return Object.entries(value).flatMap(([name, child]) => (name === 'rule' ? [child] : rulesIn(child)));
}

function pick(result: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result).filter(([name]) => names.includes(name)));
}

/** How GitHub names a heading in a link. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}
