import { Module } from '@nestjs/common';
import { ClickClassStore } from './click-class-store.js';
import { ClickReporter } from './click-report.js';
import { CtaStore } from './cta-store.js';
import { ReclassificationStore } from './reclassification-store.js';
import { UnmatchedReader } from './unmatched-clicks.js';

const STORES = [CtaStore, ClickClassStore, ReclassificationStore, UnmatchedReader, ClickReporter];

@Module({ providers: STORES, exports: STORES })
export class CtasModule {}
