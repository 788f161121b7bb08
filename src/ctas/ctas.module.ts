import { Module } from '@nestjs/common';
import { CtaStore } from './cta-store.js';

@Module({ providers: [CtaStore], exports: [CtaStore] })
export class CtasModule {}
