import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { DestinationList } from '../destinations/settings/destination-list.js';
import { SurroundingsReader } from '../destinations/settings/surroundings-reader.js';
import type { Transaction } from '../platform/database.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import { DeadLetterStore } from '../sources/dead-letter-store.js';
import { SourceRefusals } from '../sources/source-refusals.js';
import { WEBHOOK_SECRETS, type WebhookSecrets } from '../sources/webhook-secrets.js';
import type { ChecklistLine } from './checklist-line.js';
import { judgeDestinations, judgeSource, type DestinationFact } from './judge-sources.js';

/** What holds the secret of each source that signs its webhooks. */
const SECRET_VARIABLES: Readonly<Record<string, string>> = {
  customerio: 'CUSTOMERIO_SIGNING_KEYS',
  shopify: 'SHOPIFY_WEBHOOK_SECRETS',
};

/** What the checklist asks of those who send us something, and of those who are sent something. */
@Injectable()
export class SourceQuestions {
  private readonly logger = new Logger(SourceQuestions.name);

  constructor(
    private readonly freshness: SourceFreshness,
    private readonly refusals: SourceRefusals,
    private readonly deadLetters: DeadLetterStore,
    private readonly destinations: DestinationList,
    private readonly surroundings: SurroundingsReader,
    @Inject(WEBHOOK_SECRETS) private readonly secrets: WebhookSecrets,
  ) {}

  /** Of every source that signs its webhooks, and of every other one that was ever heard of. */
  async sourceLines(tx: Transaction, asOf: Instant): Promise<ChecklistLine[]> {
    const heardOf = (await this.freshness.all(asOf)).map((one) => one.source);
    const keys = [...new Set([...Object.keys(SECRET_VARIABLES), ...heardOf])];
    const fresh = await this.freshness.of(keys, asOf);
    const letters = await this.deadLetters.counts(tx);
    const lines: ChecklistLine[] = [];
    for (const key of keys) {
      const variable = SECRET_VARIABLES[key];
      const secret = variable ? { variable, isSet: (this.secrets[key] ?? []).length > 0 } : null;
      const { lastReceivedAt, lateSince } = fresh.get(key)!;
      const [refusedAt, unusable] = [await this.refusals.last(key), letters.get(key)];
      const deadLetters = { count: unusable?.letters ?? 0, lastAt: unusable?.lastAt ?? null };
      lines.push(judgeSource({ key, secret, lastReceivedAt, lateSince, refusedAt, deadLetters }));
    }
    return lines;
  }

  async destinationLines(): Promise<ChecklistLine[]> {
    return judgeDestinations(await this.destinationFacts());
  }

  private async destinationFacts(): Promise<DestinationFact[]> {
    await this.destinations.refresh();
    const facts = this.destinations.current.map(async (destination): Promise<DestinationFact | undefined> => {
      const { key } = destination;
      if (!destination.check) return undefined;
      try {
        return { key, findings: await destination.check(await this.surroundings.of(key)) };
      } catch (error) {
        this.logger.warn({ msg: 'a destination could not be looked at', destination: key, err: error });
        return { key, findings: undefined };
      }
    });
    return (await Promise.all(facts)).filter((one) => one !== undefined);
  }
}
