import { Module } from '@nestjs/common';
import { OutboxHandover } from './outbox-handover.js';
import { OutboxStore } from './outbox-store.js';
import { OutboxWaiting } from './outbox-waiting.js';
import { RemovedDestinations } from './removed-destinations.js';

const STORES = [OutboxStore, OutboxHandover, OutboxWaiting, RemovedDestinations];

@Module({ providers: STORES, exports: STORES })
export class OutboxModule {}
