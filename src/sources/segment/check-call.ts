import { instantOf } from '../../core/date.js';
import type { Instant } from '../../core/instant.js';
import type { ProblemEntry } from '../../platform/problem.js';
import { isJsonObject, objectIn, type JsonObject } from '../json-body.js';
import type { UnusableReason } from '../source.js';

export const CALL_TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type CallType = (typeof CALL_TYPES)[number];

/** What is wrong with a call, where, and what would be right. */
export interface CallProblem extends Required<ProblemEntry> {
  reason: UnusableReason;
}

const LONGEST_NAME = 100;
const LONGEST_MESSAGE_ID = 100;

/** Everything that keeps a call from being read; none for a call that is right. */
export function problemsOf(call: JsonObject): CallProblem[] {
  const problems: CallProblem[] = [];
  const report = (pointer: string, detail: string, expected: string, reason: UnusableReason = 'wrong_shape'): void =>
    void problems.push({ pointer, detail, expected, reason });
  const { type, messageId } = call;
  if (!isCallType(type)) report('/type', 'this is no call', `one of ${CALL_TYPES.join(', ')}`);
  if (isGiven(messageId) && !isMessageId(messageId)) {
    report('/messageId', 'this is no id', `a text of 1 to ${LONGEST_MESSAGE_ID} characters`);
  }
  for (const name of ['context', 'integrations', 'properties', 'traits']) {
    if (isGiven(call[name]) && !isJsonObject(call[name]))
      report(`/${name}`, 'this is no object', 'an object, or nothing');
  }
  if (statedAt(call) === 'unreadable') {
    report('/timestamp', 'this is no instant', 'a date and time such as 2026-01-31T09:30:00.000Z', 'bad_timestamp');
  }
  if (type === 'track') checkEvent(call['event'], report);
  if (type === 'group' && !isId(call['groupId'])) report('/groupId', 'the group is missing', 'a text or a number');
  checkIdentity(call, report);
  return problems;
}

type Report = (pointer: string, detail: string, expected: string, reason?: UnusableReason) => void;

function checkEvent(event: unknown, report: Report): void {
  const isName = typeof event === 'string' && event.trim() !== '' && event.trim().length <= LONGEST_NAME;
  if (!isName) return report('/event', 'the event has no name', `a text of 1 to ${LONGEST_NAME} characters`);
  // It would set attributes.
  if (event.trim() === 'identify')
    report('/event', 'the name is taken', 'another name; attributes come by /v1/identify');
}

function checkIdentity(call: JsonObject, report: Report): void {
  const expected = 'a text or a number';
  if (call['type'] === 'alias') {
    for (const name of ['userId', 'previousId']) {
      if (!isId(call[name])) report(`/${name}`, 'an alias needs both ids', expected, 'no_identifier');
    }
  } else if (!isId(call['userId']) && !isId(call['anonymousId']) && !isId(traitsOf(call)['email'])) {
    report('/userId', 'nobody is named', `${expected} here or in anonymousId`, 'no_identifier');
  }
}

/** What a call says of the person whom it is about. */
export function traitsOf(call: JsonObject): JsonObject {
  return objectIn(call['type'] === 'identify' ? call['traits'] : objectIn(call['context'])['traits']);
}

/** When a call says that it happened, by the sender's clock; undefined where it doesn't say. */
export function statedAt(call: JsonObject): Instant | 'unreadable' | undefined {
  const stated = call['timestamp'] ?? call['originalTimestamp'];
  if (!isGiven(stated)) return undefined;
  const at = instantOf(stated);
  return at === undefined || at < 0 ? 'unreadable' : at;
}

/** When a call says that it was sent, by the same clock; nonsense is as good as nothing. */
export function sentAt(call: JsonObject): Instant | undefined {
  const at = instantOf(call['sentAt']);
  return at === undefined || at < 0 ? undefined : at;
}

function isCallType(type: unknown): type is CallType {
  return (CALL_TYPES as readonly unknown[]).includes(type);
}

function isMessageId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= LONGEST_MESSAGE_ID;
}

function isId(value: unknown): boolean {
  return (typeof value === 'string' && value.trim() !== '') || typeof value === 'number';
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
