/** A mutant that no test can tell from the original, and why. */
export interface ExplainedMutant {
  file: string;
  /** The lines that the mutant touches, as one line with single spaces. */
  before: string;
  /** The same with the mutation. */
  after: string;
  why: string;
}

const SPEED = 'it only costs time: what is not remembered or not left out is worked out, and comes out the same';

/** Reckoned with only where the mutant survives; the command names the entries that no longer fit any mutant. */
export const EXPLAINED: readonly ExplainedMutant[] = [
  { file: 'src/core/calendar.ts', before: 'starts.set(key, start);', after: ';', why: SPEED },
  {
    file: 'src/core/conditions/sequence.ts',
    before: 'if (drawing.anchors.length > 0) history.keep(draw, { since: asOf, value: drawing });',
    after: 'if (drawing.anchors.length <= 0) history.keep(draw, { since: asOf, value: drawing });',
    why: SPEED,
  },
  {
    file: 'src/core/calendar.ts',
    before: 'if (starts.size >= MOST_REMEMBERED) starts.clear();',
    after: 'if (starts.size < MOST_REMEMBERED) starts.clear();',
    why: SPEED,
  },
  {
    file: 'src/core/conditions/bounds.ts',
    before: "if (drift === 'none') return isHeld ? 'true' : 'false';",
    after: "if (drift === 'none') return isHeld ? 'pending' : 'false';",
    why: 'of what the bounds say only "false" and "insufficient" are looked for; all else is true',
  },
  {
    file: 'src/core/conditions/chain-timeline.ts',
    before: 'true: 5,',
    after: 'true: 6,',
    why: 'only the order of the strengths matters',
  },
  {
    file: 'src/core/conditions/chain-timeline.ts',
    before: 'if (key === undefined) continue;',
    after: 'if (key === undefined) ;',
    why: 'a group under no key is never asked for',
  },
  {
    file: 'src/core/conditions/count.ts',
    before: 'while (place > 0 && ends[place - 1]! < end) place -= 1;',
    after: 'while (place >= 0 && ends[place - 1]! < end) place -= 1;',
    why: 'before the first there is nothing, which is not less',
  },
  { file: 'src/core/history.ts', before: 'this.looks += 1;', after: 'this.looks -= 1;', why: SPEED },
  { file: 'src/core/history.ts', before: 'this.looks += 1;', after: 'this.looks += 0;', why: SPEED },
  {
    file: 'src/core/history.ts',
    before: 'if (place === undefined || named.length <= FEW_EVENTS) return named;',
    after: 'if (place === undefined || named.length > FEW_EVENTS) return named;',
    why: SPEED,
  },
  {
    file: 'src/core/evaluate.ts',
    before: "settlesAt: truth === 'true' || truth === 'false' ? null : settlesAt(condition, history, asOf),",
    after: "settlesAt: truth === 'false' || truth === 'false' ? null : settlesAt(condition, history, asOf),",
    why: 'asked when a value settles that is known already, settlesAt says null itself',
  },
  {
    file: 'src/core/conditions/one-event.ts',
    before: 'const isSpan = (parseDuration(value.olderThan) ?? 0) < (parseDuration(value.youngerThan) ?? Infinity);',
    after: 'const isSpan = (parseDuration(value.olderThan) ?? 1) < (parseDuration(value.youngerThan) ?? Infinity);',
    why: 'the shortest duration is a second',
  },
  {
    file: 'src/core/timeline.ts',
    before: 'for (const step of timeline) if (step.at > from && step.at < to) draft.add(step.at, step.state);',
    after: 'for (const step of timeline) if (step.at >= from && step.at < to) draft.add(step.at, step.state);',
    why: 'the state at the beginning is added once more, and stays as it is',
  },
  {
    file: 'src/core/shape.ts',
    before: 'const LONGEST_SPAN: Milliseconds = 36_525 * 86_400_000;',
    after: 'const LONGEST_SPAN: Milliseconds = 36_525 * 86400001;',
    why: 'no duration that can be written lies between the two',
  },
  {
    file: 'src/core/conditions/count.ts',
    before: 'if (ends.length === most && ends[most - 1]! >= windowEnd) break;',
    after: 'if (ends.length === most && ends[most - 1]! > windowEnd) break;',
    why: SPEED,
  },
  {
    file: 'src/core/conditions/count.ts',
    before: 'while (place > 0 && ends[place - 1]! < end) place -= 1;',
    after: 'while (place > 0 && ends[place - 1]! <= end) place -= 1;',
    why: 'it only matters which of two equal instants stands first, and they are numbers',
  },
  {
    file: 'src/core/decide.ts',
    before: 'for (let steps = 0; ; steps++) {',
    after: 'for (let steps = 1; ; steps++) {',
    why: 'where a look ends after so many steps, the next one goes on from there, to the same answer',
  },
  {
    file: 'src/core/matcher.ts',
    before: 'const tests = Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1));',
    after: 'const tests = Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 0));',
    why: SPEED,
  },
  {
    file: 'src/core/net-revenue.ts',
    before: 'if (lives.length === 0 || refunds.length === 0) return lives;',
    after: 'if (lives.length === 0 && refunds.length === 0) return lives;',
    why: SPEED,
  },
  {
    file: 'src/core/simulate.ts',
    before: 'const MOST_FOLLOWING = 2_000_000;',
    after: 'const MOST_FOLLOWING = 2000001;',
    why: 'no number of steps by the square of a number of events lies between the two, but for one event',
  },
  { file: 'src/core/touch-index.ts', before: 'this.byName.set(name, index);', after: ';', why: SPEED },
  {
    file: 'src/core/touch-index.ts',
    before: 'if (known) return known.index;',
    after: 'if (known) ;',
    why: SPEED,
  },
  {
    file: 'src/core/window.ts',
    before: 'const DAY: Milliseconds = 86_400_000;',
    after: 'const DAY: Milliseconds = 86400001;',
    why: 'how much history is fetched for a calendar window is never too little; some milliseconds more change nothing',
  },
  {
    file: 'src/core/conditions/chain-timeline.ts',
    before: 'return this.looks <= FEW_EVENTS ? this.oneByOne(event) : this.inCommon(event);',
    after: 'return this.looks < FEW_EVENTS ? this.oneByOne(event) : this.inCommon(event);',
    why: SPEED,
  },
  {
    file: 'src/core/conditions/everyone.ts',
    before: 'bucket: { shape: aBucket, isRequired: true },',
    after: 'bucket: { shape: aBucket, isRequired: false },',
    why: 'what has no "bucket" is no rule of this kind',
  },
  {
    file: 'src/core/conditions/sequence.ts',
    before: 'if (lives.length === 0 && since >= complete) return withoutAnchors;',
    after: 'if (lives.length === 0 && since > complete) return withoutAnchors;',
    why: SPEED,
  },
  {
    file: 'src/core/history.ts',
    before: 'if (life && life.to > since) lives.push(life);',
    after: 'if (life && life.to >= since) lives.push(life);',
    why: 'what ends at the instant asked for counts neither then nor later',
  },
  {
    file: 'src/core/history.ts',
    before: 'return true;',
    after: 'return false;',
    why: SPEED,
  },
  {
    file: 'src/core/sweep.ts',
    before: 'const isInOrder = lives.every((life, index) => index === 0 || lives[index - 1]!.to <= life.to);',
    after: 'const isInOrder = lives.every((life, index) => index === 0 || lives[index - 1]!.to < life.to);',
    why: SPEED,
  },
  {
    file: 'src/core/timeline.ts',
    before: 'if (from <= start && to === NEVER) return timeline;',
    after: 'if (from < start && to === NEVER) return timeline;',
    why: SPEED,
  },
  {
    file: 'src/core/timeline.ts',
    before: 'const HORIZON: Milliseconds = 1_100 * 86_400_000;',
    after: 'const HORIZON: Milliseconds = 1_100 * 86400001;',
    why: 'how far a search goes is enough for three years; a second more changes nothing that is promised',
  },
  {
    file: 'src/core/window.ts',
    before: 'let known = { period: 0, from: 0, to: 0 };',
    after: 'let known = { period: 0, from: 0, to: 1 };',
    why: 'a period of one millisecond in 1970, from before anything is kept',
  },
];
