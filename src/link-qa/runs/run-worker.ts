import { access, constants } from 'node:fs/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { now } from '../../platform/clock.js';
import type { Transaction } from '../../platform/database.js';
import { OutboundHttp } from '../../platform/outbound/outbound-http.js';
import { Sweep } from '../../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../../platform/worker-settings.js';
import { ScriptRunner } from '../browser/script-runner.js';
import { LinkChecker } from '../link-checker.js';
import { DEFAULT_SETTINGS } from '../qa-settings.js';
import { LIVE_DAYS, LiveLinkReader } from './live-links.js';
import { LinkRunStore, type ClaimedRun } from './run-store.js';

/** Under this token: by what links are followed. */
export const LINK_HTTP = Symbol('LinkHttp');

/** Of one run, before another one has its turn. */
const LINKS_A_STEP = 20;

/** So often in a row a run may break off before anything of it is done, until it is given up. */
const MOST_TRIES = 5;

/**
 * Orders looks at live links when they are due, and works off what was asked for: some links of each in turn, so that a short
 * one does not wait for a long one to end. Links under way when the process ends are looked at by whoever takes the run up.
 */
@Injectable()
export class LinkRunWorker extends Sweep {
  private readonly log = new Logger(LinkRunWorker.name);
  private readonly scripts: ScriptRunner | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: LinkRunStore,
    @Inject(LINK_HTTP) private readonly http: OutboundHttp,
    private readonly live: LiveLinkReader,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super(10 * settings.sweepIntervalMs);
    const { linkQaBrowser: path } = settings;
    this.scripts = path === undefined ? undefined : new ScriptRunner(path);
  }

  override onApplicationBootstrap(): void {
    super.onApplicationBootstrap();
    const { linkQaBrowser: path } = this.settings;
    if (path === undefined) return;
    access(path, constants.X_OK).catch(() =>
      this.log.error({ msg: 'the browser of LINK_QA_BROWSER can not be run: pages run no scripts', path }),
    );
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await this.scripts?.close();
  }

  protected override async sweep(): Promise<void> {
    if (this.settings.linkQaIntervalMs > 0) await this.dataSource.transaction((tx) => this.schedule(tx));
    while (!this.stopping.aborted) {
      const run = await this.dataSource.transaction((tx) => this.runs.claim(tx));
      if (!run) return;
      await this.step(run);
    }
  }

  private async schedule(tx: Transaction): Promise<void> {
    if (!(await this.runs.isDue(tx, this.settings.linkQaIntervalMs))) return;
    const { links, leftOut } = await this.live.read(tx, { days: LIVE_DAYS });
    const settings = { live: { days: LIVE_DAYS, leftOut } };
    await this.runs.create(tx, { name: 'live links', subject: 'due', settings, links });
  }

  private async step(run: ClaimedRun): Promise<void> {
    const tx = this.dataSource.manager;
    if (run.tries > MOST_TRIES) {
      this.log.error({ msg: 'a look at links breaks off again and again, and was given up', run: run.id });
      return this.runs.fail(
        tx,
        run,
        `It broke off ${MOST_TRIES} times at the same link. Ask for the others without it.`,
      );
    }
    const ended = new AbortController();
    const signal = AbortSignal.any([this.stopping, ended.signal]);
    const present = await now(tx);
    const checker = new LinkChecker(this.http, { ...DEFAULT_SETTINGS, ...run.settings }, () => present, this.scripts);
    await checker.checkAll(
      await this.runs.next(tx, run, LINKS_A_STEP),
      async (link, checked) => {
        const isOurs = await this.dataSource.transaction((save) => this.runs.save(save, run, link, checked));
        if (!isOurs) ended.abort();
      },
      signal,
    );
    await this.runs.release(tx, run);
  }
}
