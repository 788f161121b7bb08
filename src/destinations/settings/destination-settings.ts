import { Inject, Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database.js';
import { Problem, type ProblemEntry } from '../../platform/problem.js';
import { SecretBox } from '../../platform/secret-box.js';
import { validated } from '../../platform/validation.js';
import type { DestinationKind, Means } from '../destination-kind.js';
import { DESTINATION_KINDS } from '../registry.js';
import { DESTINATION_MEANS } from './destination-list.js';
import { SettingsStore, type KeptDestination, type SettingValues } from './settings-store.js';

/** What somebody says a destination is to be. */
export interface NewDestination {
  key: string;
  kind: string;
  settings: unknown;
}

/** Settings that were found right. */
export interface CheckedDestination {
  key: string;
  kind: DestinationKind;
  values: SettingValues;
  /** A secret that was made here: the one answer that shows it. */
  made?: string;
}

/** The one kind of which a deployment has one, under its own name. */
const SINGLE_KIND = 'customerio';

/** Checks what destinations are to be, and writes it down. */
@Injectable()
export class DestinationSettings {
  constructor(
    private readonly store: SettingsStore,
    private readonly box: SecretBox,
    @Inject(DESTINATION_MEANS) private readonly means: Means,
  ) {}

  /** Throws a 400 problem that lists all that is wrong; `known` is what there is under the key. */
  checked({ key, kind: name, settings }: NewDestination, known: KeptDestination | undefined): CheckedDestination {
    const kind = DESTINATION_KINDS.find((one) => one.kind === name)!;
    if (known && known.kind !== name) {
      throw Problem.conflict(`"${key}" is of the kind "${known.kind}". Delete it first, or take another key.`);
    }
    if ((key === SINGLE_KIND) !== (name === SINGLE_KIND)) {
      throw wrong([{ pointer: '/key', detail: 'a workspace of Customer.io is "customerio", and nothing else is' }]);
    }
    const { values, made } = this.completed(kind, settings, known);
    const form = validated(kind.form, values, '/settings');
    const problems = kind.problemsOf?.(form, this.means) ?? [];
    if (problems.length > 0) throw wrong(problems.map((one) => ({ ...one, pointer: `/settings${one.pointer}` })));
    return { key, kind, values: { ...form }, ...(made !== undefined && { made }) };
  }

  /** Makes a kept destination's secret anew; answers the new one. */
  async rotate(tx: Transaction, known: KeptDestination): Promise<string> {
    const kind = DESTINATION_KINDS.find((one) => one.kind === known.kind);
    if (!kind?.rotate || kind.generated === undefined) {
      throw Problem.conflict(`A destination of the kind "${known.kind}" has no secret that is made here.`);
    }
    const values = kind.rotate(this.store.valuesOf(known)) as SettingValues;
    await this.write(tx, { key: known.key, kind, values });
    return values[kind.generated] as string;
  }

  async write(tx: Transaction, { key, kind, values }: CheckedDestination): Promise<void> {
    if (!this.box.isUsable) {
      throw Problem.conflict(
        'Secrets of destinations are kept encrypted, and SECRETS_KEYS is not set. Set it to the output of ' +
          '"openssl rand -base64 32", the same for every process, and start again.',
      );
    }
    await this.store.put(tx, { key, kind: kind.kind, values, secretNames: [...kind.secrets] });
  }

  /** With the secrets that stay, and the one that is made here. */
  private completed(
    kind: DestinationKind,
    settings: unknown,
    known: KeptDestination | undefined,
  ): { values: unknown; made?: string } {
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return { values: settings };
    const kept = known ? Object.entries(this.store.valuesOf(known)) : [];
    const secrets = Object.fromEntries(kept.filter(([name]) => kind.secrets.includes(name)));
    const given = Object.entries({ ...secrets, ...settings }).filter(([, value]) => value !== null);
    const values = Object.fromEntries(given) as SettingValues;
    if (kind.generated === undefined || !kind.rotate || values[kind.generated] !== undefined) return { values };
    const rotated = kind.rotate(values) as SettingValues;
    return { values: rotated, made: rotated[kind.generated] as string };
  }
}

function wrong(errors: readonly ProblemEntry[]): Problem {
  return Problem.badRequest('The destination is not right.', errors);
}
