import type { Instant } from '../core/instant.js';
import type { UtmSchemaVersion } from './utm-schema-version.entity.js';

/** Versions with when each holds: a later version takes precedence over all before it, from its beginning on. */
export class SchemaTimeline {
  private readonly newestFirst: readonly UtmSchemaVersion[];

  constructor(versions: readonly UtmSchemaVersion[]) {
    this.newestFirst = [...versions].sort((a, b) => b.version - a.version);
  }

  get newest(): UtmSchemaVersion | undefined {
    return this.newestFirst[0];
  }

  /** What holds at an instant; undefined before the first version. */
  at(instant: Instant): UtmSchemaVersion | undefined {
    return this.newestFirst.find(({ validFrom }) => validFrom.getTime() <= instant);
  }

  /** When a version ceases to hold; null where nothing follows it. No later than its beginning: it never holds. */
  endOf({ version }: UtmSchemaVersion): Instant | null {
    const later = this.newestFirst.filter((one) => one.version > version);
    return later.length === 0 ? null : Math.min(...later.map(({ validFrom }) => validFrom.getTime()));
  }

  /** All of them, the newest first. */
  all(): readonly UtmSchemaVersion[] {
    return this.newestFirst;
  }
}
