import type { OutboundHttp } from '../platform/outbound/outbound-http.js';
import type { ScriptRunner } from './browser/script-runner.js';
import { checkAddress } from './check-address.js';
import { checkClients } from './check-clients.js';
import { checkWalk } from './check-walk.js';
import { CLIENTS, type Client } from './clients.js';
import { joinAlike, type Finding } from './finding.js';
import { LinkFollower } from './follower.js';
import { HostPace } from './host-pace.js';
import type { QaSettings } from './qa-settings.js';
import type { Walk } from './walk.js';

/** What came of a look at one link. */
export interface CheckedLink {
  /** False: there was nothing to walk. */
  isWalked: boolean;
  findings: Finding[];
  walks: Walk[];
}

/** Looks at links: as they are written, and as each client would go them. */
export class LinkChecker {
  private readonly follower: LinkFollower;
  private readonly clients: readonly Client[];

  /**
   * `now` says the present instant in epoch milliseconds, by which certificates end; `scripts` has pages run
   * theirs, which are told of and not run without it.
   */
  constructor(
    private readonly http: OutboundHttp,
    private readonly settings: QaSettings,
    private readonly now: () => number,
    scripts?: ScriptRunner,
  ) {
    this.follower = new LinkFollower(http, settings, new HostPace(settings.perHost, settings.hostGapMs), scripts);
    this.clients = CLIENTS.filter((one) => settings.clients.includes(one.key));
  }

  async check(href: string, signal?: AbortSignal): Promise<CheckedLink> {
    const { url, findings } = checkAddress(href, this.settings, (address) => this.http.isTrusted(address));
    if (url === null) return { isWalked: false, findings, walks: [] };
    const walks = await Promise.all(this.clients.map((client) => this.follower.walk(url, client, signal)));
    const at = this.now();
    const found = walks.flatMap((walk) => checkWalk(walk, this.settings, at));
    return { isWalked: true, walks, findings: joinAlike([...findings, ...found, ...checkClients(walks)]) };
  }

  /** Looks at many, some at once; tells of each as soon as it is done. An abort leaves the rest alone. */
  async checkAll<L extends { url: string }>(
    links: readonly L[],
    done: (link: L, checked: CheckedLink) => Promise<void> | void,
    signal?: AbortSignal,
  ): Promise<void> {
    const waiting = [...links];
    const work = async (): Promise<void> => {
      for (let link = waiting.shift(); link && !signal?.aborted; link = waiting.shift()) {
        const checked = await this.check(link.url, signal);
        if (!signal?.aborted) await done(link, checked);
      }
    };
    await Promise.all(Array.from({ length: this.settings.concurrency }, work));
  }
}
