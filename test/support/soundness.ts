import type { Normalisation } from '../../src/sources/source.js';

/** What a source may say of a delivery that it can't use: where, and what would be right, but nothing of what was there. */
const EXPLANATION = /^(the body|\/[\w/]+|x-[a-z-]+): expected [ -~]+$/;

const LONGEST_TEXT = 4_000;

/**
 * What is wrong with what a source made of a delivery, whatever came; nothing if it is sound. `isOwnWord`: that events have
 * names of ours, and not the sender's.
 */
export function unsoundness(read: Normalisation, isOwnWord: boolean): string[] {
  if (read.kind === 'skipped') return read.reason === '' ? ['nothing says why it is skipped'] : [];
  if (read.kind === 'unusable') return EXPLANATION.test(read.problem) ? [] : [`it explains nothing: ${read.problem}`];
  const wrong: string[] = [];
  const check = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  check(read.events.length > 0, 'there are no events');
  for (const event of read.events) {
    check(event.identifiers.length > 0, 'it is about nobody');
    check(
      event.identifiers.every(({ value }) => isStorable(value) && value !== ''),
      'an identifier is no good',
    );
    check(isStorable(event.sourceEventId) && event.sourceEventId !== '', 'the id is no good');
    check(
      (isOwnWord ? /^[a-z0-9_]+$/ : /^(?=\S).{1,100}$/su).test(event.name) && isStorable(event.name),
      'the name is no good',
    );
    check(
      [event.occurredAt, event.sentAt ?? 0].every((at) => Number.isSafeInteger(at) && at >= 0),
      'the time is no good',
    );
    check(Object.getPrototypeOf(event.properties) === Object.prototype, 'the properties have another prototype');
    checkTexts(event.properties, check);
  }
  return wrong;
}

function checkTexts(value: unknown, check: (holds: boolean, what: string) => void): void {
  if (typeof value === 'string') check(isStorable(value) && value.length <= LONGEST_TEXT, 'a text is no good');
  if (typeof value === 'number') check(Number.isFinite(value), 'a number is no good');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    checkTexts(name, check);
    checkTexts(inner, check);
  }
}

/** Whether PostgreSQL can store it. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
