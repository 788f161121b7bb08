import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { AnonymousClicks } from './anonymous-clicks.js';
import { FigureKeeper } from './figure-keeper.js';
import { FigureSweep } from './figure-sweep.js';
import { LinkReportsController } from './link-reports.controller.js';
import { ReportQuery } from './report-query.js';

@Module({ imports: [CtasModule], controllers: [LinkReportsController], providers: [ReportQuery, AnonymousClicks] })
export class LinkReportsApiModule {}

/** Keeping the figures. */
@Module({ imports: [CtasModule], providers: [FigureKeeper, FigureSweep] })
export class LinkReportsWorkerModule {}
