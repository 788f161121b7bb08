import { Module } from '@nestjs/common';
import { PreviewStore } from '../memberships/preview-store.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { ShadowStore } from '../segments/shadow-store.js';
import { DeadLetterStore } from '../sources/dead-letter-store.js';
import { Erasure } from './erasure.js';
import { PrivacyController } from './privacy.controller.js';
import { ProfileExport } from './profile-export.js';

/** Erasure of somebody, and access to what is held about them. */
@Module({
  imports: [ProfilesModule, OutboxModule],
  controllers: [PrivacyController],
  providers: [Erasure, ProfileExport, DeadLetterStore, ShadowStore, PreviewStore],
})
export class PrivacyModule {}
