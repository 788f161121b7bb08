import { ValidationPipe, type ArgumentMetadata, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import {
  ARRAY_MAX_SIZE,
  getMetadataStorage,
  validateSync,
  type ValidationError,
  type ValidatorOptions,
} from 'class-validator';
import { jsonPointer, Problem, type ProblemEntry } from './problem.js';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: false,
  // The target tells which names would have been known.
  validationError: { target: true, value: false },
} satisfies ValidatorOptions;

const MAY_BE_MISSING = new WeakSet<object>();

/** A body of this form asks for nothing special where a request has none. */
export function bodyMayBeMissing(form: object): void {
  MAY_BE_MISSING.add(form);
}

/** Checks what a request carries against the class of the parameter; a 400 problem lists all that is wrong at once. */
export function validationPipe(): ValidationPipe {
  return new RequestValidationPipe();
}

class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      ...OPTIONS,
      transform: true,
      exceptionFactory: (errors) => invalid(entriesOf(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isForm = metadata.type === 'body' && this.toValidate(metadata);
    const given = isForm && value === undefined && MAY_BE_MISSING.has(metadata.metatype!) ? {} : value;
    if (isForm && !isObject(given)) throw invalid([given === undefined ? NO_BODY : notAnObject('')]);
    if (isForm) refuseTooMany(metadata.metatype!, given as object, '');
    return super.transform(given, metadata);
  }
}

/**
 * A value in the form of a class with the decorators of class-validator; for what is out of reach of a body's own.
 * Throws a 400 problem that lists all that is wrong, with pointers below `pointer`.
 */
export function validated<T extends object>(form: Type<T>, value: unknown, pointer: string): T {
  if (!isObject(value)) throw invalid([notAnObject(pointer)]);
  refuseTooMany(form, value as object, pointer);
  const instance = plainToInstance(form, value);
  const errors = validateSync(instance, OPTIONS);
  if (errors.length > 0) throw invalid(entriesOf(errors, pointer));
  return instance;
}

/** Where a list is too long, nothing is said of what it holds: looking at all of that keeps the process from everybody else. */
function refuseTooMany(form: Type<unknown>, value: object, pointer: string): void {
  const tooLong = getMetadataStorage()
    .getTargetValidationMetadatas(form, '', true, false)
    .filter(({ name }) => name === ARRAY_MAX_SIZE)
    .flatMap(({ propertyName, constraints: [most] }) => {
      const list: unknown = (value as Record<string, unknown>)[propertyName];
      if (!Array.isArray(list) || list.length <= Number(most)) return [];
      const detail = `${propertyName} must contain no more than ${most} elements`;
      return [{ pointer: pointer + jsonPointer(propertyName), detail, expected: `not ${list.length} of them` }];
    });
  if (tooLong.length > 0) throw invalid(tooLong);
}

function invalid(errors: readonly ProblemEntry[]): Problem {
  return Problem.badRequest('The request is not right.', errors);
}

const NO_BODY: ProblemEntry = {
  pointer: '',
  detail: 'no body was sent',
  expected: 'a JSON object with "Content-Type: application/json"; {} where there is nothing to say',
};

function notAnObject(pointer: string): ProblemEntry {
  return { pointer, detail: 'not a JSON object', expected: 'a JSON object' };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(errors: readonly ValidationError[], above = ''): ProblemEntry[] {
  return errors.flatMap((error) => {
    const pointer = above + jsonPointer(error.property);
    // Constraints come last decorator first.
    const own = Object.entries(error.constraints ?? {}).reverse();
    return [
      ...own.map(([constraint, message]) =>
        constraint === 'whitelistValidation' ? unknownName(pointer, error) : { pointer, detail: message },
      ),
      ...entriesOf(error.children ?? [], pointer),
    ];
  });
}

function unknownName(pointer: string, { property, target }: ValidationError): ProblemEntry {
  const rules = target ? getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', true, false) : [];
  const names = [...new Set(rules.map((rule) => rule.propertyName))];
  return { pointer, detail: `"${property}" is not known here`, expected: `one of ${names.join(', ')}` };
}
