import { buildMessage, isISO8601, ValidateBy } from 'class-validator';

const FORM = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * An instant as requests carry it: a date and time with its offset, or a day, which is its beginning in UTC. What else
 * ISO 8601 knows (weeks, days of the year, local times) is refused: `Date.parse` reads it otherwise, or not at all.
 */
export function IsInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: buildMessage(
        (each) => `${each}$property must be an instant such as "2026-07-01T09:30:00Z", or a day such as "2026-07-01"`,
      ),
    },
  });
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && FORM.test(value) && isISO8601(value, { strict: true });
}
