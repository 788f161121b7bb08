/** Names under which secrets and personal data travel, in lower case and without separators. */
const HIDDEN = new Set([
  'apikey',
  'authorization',
  'body',
  'cookie',
  'databaseurl',
  'email',
  'emailaddress',
  'erasurekey',
  'identifiers',
  // Of a failed SQL statement: the values that it was about.
  'parameters',
  'password',
  'payload',
  'phone',
  'rawbody',
  'recipient',
  'recipients',
  'redisurl',
  'secret',
  'setcookie',
  'signature',
  'signingkeys',
  'token',
  'webhooksecrets',
  'xciosignature',
  'xshopifyhmacsha256',
]);

const CENSORED = '[redacted]';
const DEEPEST = 6;

// Last resort for texts of others, such as PostgreSQL's messages, which quote values. Paths of modules
// (`node_modules/@scope/…`) and versions (`name@1.2.3`) stay.
const EMAIL =
  /[^\s@/:;,"'<>()[\]{}=]{1,64}@[^\s@/:;,"'<>()[\]{}=.]{1,63}(?:\.[^\s@/:;,"'<>()[\]{}=.]{1,63}){0,5}\.\p{L}{2,24}/gu;

/** A copy of what is to be logged without secrets and personal data, however deep they lie. */
export function redacted(fields: object): Record<string, unknown> {
  return copyOf(fields, 0) as Record<string, unknown>;
}

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(EMAIL, '[email]');
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth === DEEPEST) return '[deep]';
  if (value instanceof Error) return copyOf(fieldsOfError(value), depth);
  if (Array.isArray(value)) return value.map((one) => copyOf(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, isHidden(name) ? CENSORED : copyOf(one, depth + 1)]),
  );
}

function isHidden(name: string): boolean {
  return HIDDEN.has(name.toLowerCase().replaceAll(/[_-]/g, ''));
}

/** PostgreSQL's classes of errors about values, and those that functions raise: their messages quote what was given. */
const ABOUT_VALUES = /^(22|P0)[0-9A-Z]{3}$/;

/** An error's own kind, message, code and stack; further fields, such as PostgreSQL's `detail`, quote values. */
function fieldsOfError(error: Error): object {
  const { code } = error as { code?: unknown };
  const isQuoting = typeof code === 'string' && ABOUT_VALUES.test(code);
  // A stack begins with the message.
  const frames = isQuoting ? /\n\s+at [^]*/.exec(error.stack ?? '')?.[0] : error.stack;
  return {
    type: error.name,
    message: isQuoting ? 'PostgreSQL refused a value' : error.message,
    ...(typeof code === 'string' && { code }),
    stack: frames,
    ...(error.cause !== undefined && { cause: error.cause }),
    ...(error instanceof AggregateError && { errors: error.errors as unknown }),
  };
}
