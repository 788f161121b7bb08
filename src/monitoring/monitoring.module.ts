import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { MetricsController } from './metrics.controller.js';
import { Standing } from './standing.js';

/** `/metrics`, in processes of either kind. */
@Module({ imports: [ProfilesModule], controllers: [MetricsController], providers: [Standing] })
export class MonitoringModule {}
