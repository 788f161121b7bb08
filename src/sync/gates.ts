import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Destination } from '../destinations/destination.js';
import type { Gate } from '../destinations/gate.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { GateStore, type GateKey } from './gate-store.js';
import { paceOf, unhurried, type Pace } from './pace.js';

/** What would have to wait longer is put off instead. */
export const PATIENCE_MS = 1_000;
/** How often a place is asked for while all are taken. */
const LOOK_AGAIN_MS = 20;
/** A request whose process is gone holds its place no longer than this after its timeout. */
const LEASE_MARGIN_MS = 5_000;

/** Gives out leave to make requests, in the order and at the pace that each destination takes. */
@Injectable()
export class Gates {
  constructor(
    private readonly gates: GateStore,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {}

  /**
   * The gate for requests of one kind; those that are not urgent leave room for those that are. None begins after `until`,
   * in ms as `performance.now()` tells it: their sender's claim might end before they do, and another send meanwhile.
   */
  of(destination: Destination, { isUrgent, until = Infinity }: { isUrgent: boolean; until?: number }): Gate {
    return {
      enter: async (family) => {
        const limits = destination.limits[family];
        if (!limits) throw new Error(`The destination ${destination.key} has no family "${family}".`);
        const full = paceOf(limits);
        const key = { destination: destination.key, family };
        return this.enter(key, full, isUrgent ? full : unhurried(full), until);
      },
    };
  }

  /** How long no message will pass to a destination, in ms. */
  async shutForMs({ key, sendsBy }: Destination): Promise<number> {
    return this.gates.shutForMs({ destination: key, family: sendsBy });
  }

  private async enter(key: GateKey, full: Pace, own: Pace, until: number) {
    const startedAt = performance.now();
    for (;;) {
      if (performance.now() > until) return { heldForMs: 0 };
      const entered = await this.gates.enter(key, full, own, this.settings.deliveryTimeoutMs + LEASE_MARGIN_MS);
      if ('leaseEndsAt' in entered) {
        // The answer may have come late.
        if (performance.now() > until) {
          await this.gates.giveBack(key, entered);
          return { heldForMs: 0 };
        }
        return { leave: (end: Parameters<GateStore['leave']>[3]) => this.gates.leave(key, full, entered, end) };
      }
      const waitMs = entered.waitMs || LOOK_AGAIN_MS;
      if (performance.now() - startedAt + waitMs > PATIENCE_MS) return { heldForMs: waitMs };
      await wait(Math.max(waitMs, LOOK_AGAIN_MS));
    }
  }
}
