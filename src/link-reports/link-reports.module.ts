import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { FigureKeeper } from './figure-keeper.js';
import { FigureSweep } from './figure-sweep.js';

/** Keeping the figures. */
@Module({ imports: [CtasModule], providers: [FigureKeeper, FigureSweep] })
export class LinkReportsWorkerModule {}
