/** How one environment variable is read and explained. `read` answers undefined for a text that it can't use. */
export interface Variable<T> {
  readonly read: (text: string) => T | undefined;
  /** What would be right, to complete "expected …". */
  readonly expected: string;
  /** The value when the variable is not set, and how the documentation shows it. */
  readonly fallback: T;
  readonly shownFallback: string;
  readonly description: string;
  /** Whether a value may be shown in an error. */
  readonly isSecret: boolean;
}

export interface Declaration<T> {
  default: T;
  description: string;
}

export function integer({ min, max, ...rest }: Declaration<number> & { min: number; max: number }): Variable<number> {
  return variable<number>({
    ...rest,
    expected: `a whole number from ${min} to ${max}`,
    read: (given) => (/^\d{1,15}$/.test(given) && +given >= min && +given <= max ? +given : undefined),
  });
}

export function text(declaration: Declaration<string>): Variable<string> {
  return variable<string>({ ...declaration, expected: 'a text', read: (given) => given });
}

export function choice<T extends string>(options: readonly T[], declaration: Declaration<T>): Variable<T> {
  return variable<T>({
    ...declaration,
    expected: `one of ${options.join(', ')}`,
    read: (given) => options.find((option) => option === given),
  });
}

/** Several options, in the order given. */
export function choices<T extends string>(
  options: readonly T[],
  declaration: Declaration<readonly T[]> & { shownFallback: string },
): Variable<readonly T[]> {
  return variable<readonly T[]>({
    ...declaration,
    expected: 'identifier kinds such as customer_id,email, each once',
    read(given) {
      const names = parts(given).map((name) => options.find((option) => option === name));
      const known = names.filter((name) => name !== undefined);
      return known.length === names.length && new Set(known).size === known.length ? known : undefined;
    },
  });
}

/** Several secrets are accepted at once, so that one can be replaced without refusing what the other still signs. */
export function secrets({
  absent,
  description,
  most = 2,
}: {
  absent: string;
  description: string;
  most?: number;
}): Variable<readonly string[]> {
  return variable<readonly string[]>({
    default: [],
    description,
    expected: most === 2 ? 'one secret, or two separated by a comma' : `1 to ${most} secrets, separated by commas`,
    shownFallback: absent,
    isSecret: true,
    read(given) {
      const found = parts(given);
      return found.length <= most && !found.includes('') ? found : undefined;
    },
  });
}

export function optionalSecret({ absent, description }: { absent: string; description: string }) {
  return variable<string | undefined>({
    default: undefined,
    description,
    expected: 'a text without spaces',
    shownFallback: absent,
    isSecret: true,
    read: (given) => (/\s/.test(given) ? undefined : given),
  });
}

/** A URL may carry a password, so no URL is ever shown. */
export function secretUrl(
  schemes: readonly string[],
  { absent, description }: { absent: string; description: string },
) {
  return variable<string | undefined>({
    default: undefined,
    description,
    expected: `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    shownFallback: absent,
    isSecret: true,
    read: (given) =>
      schemes.some((scheme) => given.startsWith(`${scheme}://`)) && URL.canParse(given) ? given : undefined,
  });
}

export function optionalPath({ absent, description }: { absent: string; description: string }) {
  return variable<string | undefined>({
    default: undefined,
    shownFallback: absent,
    description,
    expected: 'an absolute path',
    read: (given) => (given.startsWith('/') ? given : undefined),
  });
}

export function variable<T>(
  declaration: Declaration<T> & Pick<Variable<T>, 'read' | 'expected'> & { shownFallback?: string; isSecret?: boolean },
): Variable<T> {
  const { default: fallback, description, expected, read, isSecret = false } = declaration;
  return {
    fallback,
    shownFallback: declaration.shownFallback ?? String(fallback),
    description,
    expected,
    read,
    isSecret,
  };
}

export function parts(given: string): string[] {
  return given.split(',').map((part) => part.trim());
}
