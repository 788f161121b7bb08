import { Module } from '@nestjs/common';
import { Cleaner } from './cleaner.js';
import { RetentionSweep } from './retention-sweep.js';

/** Removing what is past its time, for the worker. */
@Module({ providers: [Cleaner, RetentionSweep] })
export class RetentionModule {}
