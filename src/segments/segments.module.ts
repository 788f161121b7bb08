import { Module } from '@nestjs/common';
import { SegmentStore } from './segment-store.js';

@Module({ providers: [SegmentStore], exports: [SegmentStore] })
export class SegmentsModule {}
