import type { AttributeRule, BucketRule, Rule, SegmentRule } from '../../src/core/rule.js';
import { naiveAttribute } from './naive-attribute.js';
import { kleene, tallyOf } from './naive-counting.js';
import { naiveMurmur3 } from './naive-hash.js';
import { changeInstants } from './naive-instants.js';
import { naivePerformed } from './naive-performed.js';
import { goesOn, naiveSequence } from './naive-sequence.js';
import { ms, remembered, type NaiveValue, type NaiveWorld } from './naive-world.js';

/**
 * The meaning of a rule, written down a second time and as plainly as possible: always the value at one instant, nothing
 * of time lines, no code of the core. Slow, and only for tests to compare with.
 */
export function naiveValue(rule: Rule, world: NaiveWorld, asOf: number): NaiveValue {
  if ('performed' in rule) return goesOn(rule) ? naiveSequence(rule, world, asOf) : naivePerformed(rule, world, asOf);
  if ('attribute' in rule || 'segment' in rule) {
    return rule.for === undefined ? naiveNow(rule, world, asOf) : naiveSustained(rule, ms(rule.for), world, asOf);
  }
  if ('all' in rule) return kleene(tallyOf(valuesOf(rule.all, world, asOf)), { exactly: rule.all.length });
  if ('any' in rule) return kleene(tallyOf(valuesOf(rule.any, world, asOf)), { atLeast: 1 });
  if ('of' in rule) return kleene(tallyOf(valuesOf(rule.of, world, asOf)), { atLeast: rule.atLeast });
  if ('not' in rule) return opposite(naiveValue(rule.not, world, asOf));
  return 'bucket' in rule ? naiveBucket(rule, world) : 'true';
}

function valuesOf(rules: readonly Rule[], world: NaiveWorld, asOf: number): NaiveValue[] {
  return rules.map((one) => naiveValue(one, world, asOf));
}

function opposite(value: NaiveValue): NaiveValue {
  if (value === 'true') return 'false';
  return value === 'false' ? 'true' : value;
}

function naiveBucket({ bucket: { seed, from, to } }: BucketRule, { profile }: NaiveWorld): NaiveValue {
  const place = (naiveMurmur3(`${seed}\n${profile}`) / 2 ** 32) * 100;
  return from <= place && place < to ? 'true' : 'false';
}

/** An attribute's condition or a child segment's rule, whatever it was before. */
function naiveNow(rule: AttributeRule | SegmentRule, world: NaiveWorld, asOf: number): NaiveValue {
  if ('attribute' in rule) return naiveAttribute(rule, world, asOf);
  return naiveValue(world.segments[rule.segment]!, world, asOf);
}

/** It has been so at every instant from `asOf - span` on: judged at the first, and wherever it may have changed since. */
function naiveSustained(rule: AttributeRule | SegmentRule, span: number, world: NaiveWorld, asOf: number): NaiveValue {
  let value: NaiveValue = 'true';
  for (const at of [asOf - span, ...changeInstants(rule, world, asOf - span, asOf)]) {
    const then = naiveAt(rule, world, at);
    if (then === 'false' || then === 'pending') return 'false';
    if (then === 'insufficient') value = then;
  }
  return value;
}

/** Long spans ask for the same instants again and again. */
function naiveAt(rule: AttributeRule | SegmentRule, world: NaiveWorld, at: number): NaiveValue {
  const known = valuesAt(rule, world);
  let value = known.get(at);
  if (value === undefined) known.set(at, (value = naiveNow(rule, world, at)));
  return value;
}

const valuesAt = remembered((_rule: Rule, _world: NaiveWorld) => new Map<number, NaiveValue>());
