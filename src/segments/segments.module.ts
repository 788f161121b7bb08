import { Module } from '@nestjs/common';
import { DraftStore } from './draft-store.js';
import { SegmentPublisher } from './segment-publisher.js';
import { SegmentStore } from './segment-store.js';
import { ShadowStore } from './shadow-store.js';

const PROVIDERS = [SegmentStore, SegmentPublisher, DraftStore, ShadowStore];

@Module({ providers: PROVIDERS, exports: PROVIDERS })
export class SegmentsModule {}
