import { Module } from '@nestjs/common';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AccountStore } from './account-store.js';
import { AddresseeStore } from './addressee-store.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeliverProcessor } from './deliver.processor.js';
import { Delivery } from './delivery.js';
import { DeliverySweep } from './delivery-sweep.js';
import { DestinationsController } from './destinations.controller.js';
import { GateStore } from './gate-store.js';
import { DriftRepair } from './drift-repair.js';
import { Gates } from './gates.js';
import { Provisioner } from './provisioning/provisioner.js';
import { SegmentPlaces } from './provisioning/segment-places.js';
import { Reconciler } from './reconciler.js';
import { ReconciliationStore } from './reconciliation-store.js';
import { RemovalSweep } from './removal-sweep.js';
import { ReconciliationsController } from './reconciliations.controller.js';

/** Seeing and mending what was not sent, or is not held, for the API. */
@Module({
  imports: [OutboxModule],
  controllers: [DeadLettersController, DestinationsController, ReconciliationsController],
  providers: [DeadLetterStore, GateStore, ReconciliationStore],
})
export class SyncApiModule {}

/** Sending and reading back, for the worker. */
@Module({
  imports: [OutboxModule],
  providers: [
    AccountStore,
    AddresseeStore,
    Delivery,
    DeliverProcessor,
    DeliverySweep,
    DriftRepair,
    Gates,
    GateStore,
    Provisioner,
    SegmentPlaces,
    ReconciliationStore,
    Reconciler,
    RemovalSweep,
  ],
})
export class SyncWorkerModule {}
