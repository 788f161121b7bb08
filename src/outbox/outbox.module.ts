import { Module } from '@nestjs/common';
import { OutboxHandover } from './outbox-handover.js';
import { OutboxStore } from './outbox-store.js';

@Module({ providers: [OutboxStore, OutboxHandover], exports: [OutboxStore, OutboxHandover] })
export class OutboxModule {}
