import { Controller, Get, Inject } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { toIso, type Instant } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { SourceFreshness, type Freshness } from '../profiles/source-freshness.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { WEBHOOK_SOURCES } from './registry.js';
import { WEBHOOK_SECRETS, type WebhookSecrets } from './webhook-secrets.js';

@ApiTags('sources')
@ApiBearerAuth()
@Controller('v1/sources')
export class SourceFreshnessController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly freshness: SourceFreshness,
    private readonly deadLetters: DeadLetterStore,
    @Inject(WEBHOOK_SECRETS) private readonly secrets: WebhookSecrets,
  ) {}

  @Get()
  @RequireScope('manage')
  @ApiOperation({
    summary: 'How fresh each source is',
    description:
      'A source is late once the newest thing it told of is older than twice the longest silence that it usually has ' +
      'from that hour of the week on, and than ten minutes in any case, its usual lag on top. What is usual is looked up ' +
      'in the eight weeks before, the longest week left out; while fewer than three weeks are known, it is late after ' +
      'SOURCE_SILENCE_LIMIT_HOURS.',
  })
  async list() {
    const tx = this.dataSource.manager;
    const asOf = await now(tx);
    const heardOf = new Map((await this.freshness.all(asOf)).map((one) => [one.source, one]));
    const deadLetters = await this.deadLetters.counts(tx);
    const declared = WEBHOOK_SOURCES.map((one) => one.key);
    const keys = [...new Set([...declared, ...heardOf.keys(), ...deadLetters.keys()])].sort();
    const fresh = await this.freshness.of(keys, asOf);
    const sources = keys.map((key) => ({
      ...shown(fresh.get(key)!),
      // Only what is signed needs a secret; everything else comes with an API key.
      isConfigured: !declared.includes(key) || (this.secrets[key] ?? []).length > 0,
      deadLetters: deadLetters.get(key)?.letters ?? 0,
    }));
    return { asOf: toIso(asOf), sources };
  }
}

function shown(fresh: Freshness) {
  const instant = (at: Instant | null): string | null => (at === null ? null : toIso(at));
  return {
    source: fresh.source,
    events: fresh.events,
    lastReceivedAt: instant(fresh.lastReceivedAt),
    lastOccurredAt: instant(fresh.lastOccurredAt),
    usualLagMs: fresh.usualLag,
    isLate: fresh.isLate,
    lateSince: instant(fresh.lateSince),
    lateAt: instant(fresh.lateAt),
  };
}
