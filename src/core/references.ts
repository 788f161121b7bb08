import { conditionTypeOf } from './conditions/registry.js';
import type { Rule, RuleProblem } from './rule.js';
import { pointerTo } from './shape.js';

/** With the rules of other segments in their places a rule may have so many nodes, and `for` so often within `for`. */
const MOST_INLINED_NODES = 1_000;
const MOST_NESTED_SPANS = 2;

/** Rules by segment. */
export type SegmentRules = ReadonlyMap<string, Rule>;

/** The segments that a rule names, each once. */
export function segmentsOf(rule: Rule): string[] {
  return [...new Set(nodesOf(rule).flatMap(({ rule: node }) => ('segment' in node ? [node.segment] : [])))];
}

/** The segments that a rule rests on, directly or through others. */
export function segmentsBelow(rule: Rule, segments: SegmentRules): Set<string> {
  const found = new Set<string>();
  const visit = (one: Rule): void => {
    for (const key of segmentsOf(one)) {
      const child = segments.get(key);
      if (found.has(key)) continue;
      found.add(key);
      if (child) visit(child);
    }
  };
  visit(rule);
  return found;
}

/** Whether what a rule says of people without events depends on who they are: it asks for a share of everyone. */
export function asksWho(rule: Rule, segments: SegmentRules): boolean {
  const below = [...segmentsBelow(rule, segments)].map((key) => segments.get(key)!);
  return [rule, ...below].some((one) => nodesOf(one).some((node) => 'bucket' in node.rule));
}

/**
 * What is wrong with the segments that a checked rule names: unknown ones, circles (with the path), and rules that grow
 * too large with the others' in their places. `own` is the key of the segment that the rule is for, if any.
 */
export function checkReferences(rule: Rule, segments: SegmentRules, own?: string, pointer = ''): RuleProblem[] {
  const named = nodesOf(rule, pointer).flatMap(({ rule: node, pointer: at }) =>
    'segment' in node ? [{ key: node.segment, at: `${at}/segment` }] : [],
  );
  const problems = named.flatMap(({ key, at }): RuleProblem[] => {
    if (key !== own && !segments.has(key)) {
      return [{ pointer: at, problem: `there is no segment "${key}"`, expected: 'the key of a published segment' }];
    }
    const circle = own === undefined ? undefined : pathTo(own, key, segments, new Set());
    if (!circle) return [];
    const path = [own, ...circle].map((one) => `"${one}"`).join(' → ');
    return [{ pointer: at, problem: `the segments go round in a circle: ${path}`, expected: 'segments that end' }];
  });
  return problems.length > 0 ? problems : checkSize(rule, segments, pointer);
}

/** The way from one segment to another, both included; `seen` are those from which there is none. */
function pathTo(wanted: string, from: string, segments: SegmentRules, seen: Set<string>): string[] | undefined {
  if (from === wanted) return [from];
  const rule = segments.get(from);
  if (!rule || seen.has(from)) return undefined;
  seen.add(from);
  for (const next of segmentsOf(rule)) {
    const rest = pathTo(wanted, next, segments, seen);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

interface Size {
  nodes: number;
  spans: number;
}

function checkSize(rule: Rule, segments: SegmentRules, pointer: string): RuleProblem[] {
  const { nodes, spans } = sizeOf(rule, segments, new Map());
  const problems: RuleProblem[] = [];
  if (nodes > MOST_INLINED_NODES) {
    const problem = `with the rules of its segments it has ${nodes} conditions`;
    problems.push({ pointer, problem, expected: `at most ${MOST_INLINED_NODES}` });
  }
  if (spans > MOST_NESTED_SPANS) {
    problems.push({
      pointer,
      problem: '"for" stands within "for" too often',
      expected: `at most ${MOST_NESTED_SPANS} deep`,
    });
  }
  return problems;
}

function sizeOf(rule: Rule, segments: SegmentRules, known: Map<string, Size>): Size {
  const size: Size = { nodes: 0, spans: 0 };
  for (const { rule: node } of nodesOf(rule)) {
    size.nodes += 1;
    const own = 'for' in node && node.for !== undefined ? 1 : 0;
    const inner = 'segment' in node ? sizeOfSegment(node.segment, segments, known) : { nodes: 0, spans: 0 };
    size.nodes += inner.nodes;
    size.spans = Math.max(size.spans, own + inner.spans);
  }
  return size;
}

/** Of what is not there, or goes round in a circle, nothing: that is said of the segment that names it. */
function sizeOfSegment(key: string, segments: SegmentRules, known: Map<string, Size>): Size {
  const before = known.get(key);
  if (before) return before;
  const rule = segments.get(key);
  known.set(key, { nodes: 0, spans: 0 });
  const size = rule ? sizeOf(rule, segments, known) : { nodes: 0, spans: 0 };
  known.set(key, size);
  return size;
}

/** A rule's nodes, itself first, and where they stand. */
export function nodesOf(rule: Rule, pointer = ''): { rule: Rule; pointer: string }[] {
  const children = conditionTypeOf(rule).children?.(rule) ?? [];
  return [
    { rule, pointer },
    ...children.flatMap((child) => nodesOf(child.rule, child.at.reduce<string>(pointerTo, pointer))),
  ];
}
