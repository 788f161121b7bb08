import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { Decider } from './decider.js';
import { DecisionStore } from './decision-store.js';
import { DecisionsController } from './decisions.controller.js';

@Module({
  imports: [ProfilesModule, CtasModule, JourneysModule, OutboxModule],
  controllers: [DecisionsController],
  providers: [Decider, DecisionStore],
})
export class DecisionsModule {}
