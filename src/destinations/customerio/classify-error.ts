import { CustomerIORequestError } from 'customerio-node';
import type { SendOutcome } from '../destination.js';
import { retryLater } from '../outcome-of-status.js';

const LONGEST_REASON = 300;

/**
 * What a failed request means for the messages in it. Whatever time may mend is `retry`: no answer, 408, 429, 5xx, and an
 * answer that can't be read, since applying a desired state or an event's id twice is harmless; and credentials that are
 * refused. Every other 4xx is `rejected`, with Customer.io's own words. A reason never holds one of the identifiers `sent`, an email or a body.
 */
export function classifyError(error: unknown, sent: readonly string[]): SendOutcome {
  if (error instanceof CustomerIORequestError) return classifyStatus(error, sent);
  return { kind: 'retry', reason: reasonOf(Object(error) as Parameters<typeof reasonOf>[0]) };
}

function classifyStatus(error: CustomerIORequestError, sent: readonly string[]): SendOutcome {
  const { statusCode, response } = error;
  if (statusCode < 400 || statusCode >= 500 || statusCode === 408 || statusCode === 429) {
    return retryLater(`Customer.io answered ${statusCode}`, { status: statusCode, headers: response.headers });
  }
  const said = plain(errorTexts(error.body).join('; '), sent);
  const reason = `Customer.io answered ${statusCode}${said && `: ${said}`}`;
  if (statusCode !== 401 && statusCode !== 403) return { kind: 'rejected', reason };
  // Nothing is wrong with the messages: they wait until somebody has mended the credentials.
  return { kind: 'retry', reason: `${reason} (are the site id, the API key and the region those of the workspace?)` };
}

/** What the answer to a batch says about one of its items. */
export function refusedItem(error: unknown, sent: readonly string[]): SendOutcome {
  return { kind: 'rejected', reason: `Customer.io refused it: ${plain(entryText(error), sent)}` };
}

/** What the API's second version says of one thing, in one line; empty where it says nothing. */
function entryText(entry: unknown): string {
  const { reason, field, message } = Object(entry) as Record<string, unknown>;
  return [reason, field, message].filter((text) => typeof text === 'string' && text !== '').join(', ');
}

/** Their words without anybody's name, on one line. */
function plain(text: string, sent: readonly string[]): string {
  return withoutIdentifiers(text, sent)
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, LONGEST_REASON);
}

/** The SDK's messages may hold the whole body and fetch's the address, so only names and codes are taken over. */
function reasonOf({ name, message, cause }: { name?: unknown; message?: unknown; cause?: unknown }): string {
  if (name === 'TimeoutError') return 'Customer.io did not answer in time';
  if (String(message).startsWith('Unable to parse JSON')) return 'Customer.io answered with something that is no JSON';
  const code = (cause as { code?: unknown } | undefined)?.code;
  return `the ${isCode(code) ? `connection failed (${code})` : `request failed (${isCode(name) ? name : 'unknown'})`}`;
}

/** Whether it is a bare word such as `ECONNRESET`. */
function isCode(value: unknown): value is string {
  return typeof value === 'string' && /^\w+$/.test(value);
}

/** Customer.io's own words: `meta.errors` or `meta.error`, and `errors` in the API's second version. */
function errorTexts(body: string): string[] {
  try {
    const { meta, errors } = JSON.parse(body) as { meta?: { errors?: unknown; error?: unknown }; errors?: unknown };
    if (Array.isArray(errors)) return errors.map(entryText).filter((text) => text !== '');
    const texts: unknown[] = Array.isArray(meta?.errors) ? meta.errors : [meta?.error];
    return texts.filter((text) => typeof text === 'string');
  } catch {
    return [];
  }
}

/** Blots out emails, and the identifiers that were sent, plain or percent-encoded, where they stand as words. */
function withoutIdentifiers(text: string, sent: readonly string[]): string {
  let blotted = text.replace(/[^\s"'<>(),;:]+(@|%40)[^\s"'<>(),;:]+/gi, '[email]');
  for (const id of sent.flatMap((one) => [one, encodeURIComponent(one.toWellFormed())])) {
    if (id === '' || !blotted.toLowerCase().includes(id.toLowerCase())) continue;
    blotted = blotted.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped(id)}(?![\\p{L}\\p{N}])`, 'giu'), '[id]');
  }
  return blotted;
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
