import { Module } from '@nestjs/common';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AddresseeStore } from './addressee-store.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeliverProcessor } from './deliver.processor.js';
import { Delivery } from './delivery.js';
import { DeliverySweep } from './delivery-sweep.js';

/** Seeing and requeueing what could not be sent, for the API. */
@Module({ imports: [OutboxModule], controllers: [DeadLettersController] })
export class SyncApiModule {}

/** Sending, for the worker. */
@Module({ imports: [OutboxModule], providers: [AddresseeStore, Delivery, DeliverProcessor, DeliverySweep] })
export class SyncWorkerModule {}
