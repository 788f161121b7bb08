import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { HistoryReader } from './history-reader.js';

@Module({ imports: [ProfilesModule, CtasModule], providers: [HistoryReader], exports: [HistoryReader] })
export class HistoriesModule {}
