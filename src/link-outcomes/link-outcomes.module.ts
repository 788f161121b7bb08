import { Global, Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { FigureFollowers } from '../link-reports/figure-followers.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { HearingSince } from './hearing-since.js';
import { OutcomeStore } from './outcome-store.js';
import { OutcomeSweep } from './outcome-sweep.js';
import { OutcomeTeller } from './outcome-teller.js';
import { OutcomeWakener } from './outcome-wakener.js';

/** Telling destinations what came of links, for the worker. */
@Global()
@Module({
  imports: [CtasModule, OutboxModule],
  providers: [
    OutcomeStore,
    HearingSince,
    OutcomeTeller,
    OutcomeSweep,
    { provide: FigureFollowers, useClass: OutcomeWakener },
  ],
  exports: [FigureFollowers],
})
export class LinkOutcomesModule {}
