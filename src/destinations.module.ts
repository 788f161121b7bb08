import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DecisionListeners } from './decisions/decision-listeners.js';
import {
  DestinationListeners,
  DestinationOutcomeListeners,
  DestinationTargets,
  SegmentsPushedThere,
  SourceSurroundings,
} from './destination-ports.js';
import { createCustomerioDestination } from './destinations/customerio/customerio-destination.js';
import { DESTINATIONS, type Destination } from './destinations/destination.js';
import type { Means } from './destinations/destination-kind.js';
import { DestinationChecksController } from './destinations/settings/destination-checks.controller.js';
import { DestinationDependants } from './destinations/settings/destination-dependants.js';
import {
  CONFIGURED_DESTINATIONS,
  DESTINATION_MEANS,
  DestinationList,
} from './destinations/settings/destination-list.js';
import { DestinationRefresh } from './destinations/settings/destination-refresh.js';
import { DestinationSettings } from './destinations/settings/destination-settings.js';
import { DestinationSettingsController } from './destinations/settings/destination-settings.controller.js';
import { DestinationViews } from './destinations/settings/destination-views.js';
import { SurroundingsReader } from './destinations/settings/surroundings-reader.js';
import { SettingsStore } from './destinations/settings/settings-store.js';
import { OutcomeListeners } from './link-outcomes/outcome-listeners.js';
import { OutboxModule } from './outbox/outbox.module.js';
import type { Config } from './platform/config.js';
import { OutboundHttp } from './platform/outbound/outbound-http.js';
import { SecretBox } from './platform/secret-box.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { PushTargets } from './segments/push-targets.js';
import { SegmentsModule } from './segments/segments.module.js';
import { SourcesModule } from './sources/sources.module.js';
import { ProvisionStore } from './sync/provisioning/provision-store.js';

/** The destinations in use, for all who push or tell of pushes; beside the folders, since these know little of each other. */
@Global()
@Module({})
export class DestinationsModule {
  static forRoot(config: Config): DynamicModule {
    const stores = [SettingsStore, DestinationList, DestinationViews, ProvisionStore];
    return {
      module: DestinationsModule,
      providers: [
        { provide: SecretBox, useValue: new SecretBox(config.secretsKeys) },
        { provide: CONFIGURED_DESTINATIONS, useValue: configuredDestinations(config) },
        { provide: DESTINATION_MEANS, useValue: meansOf(config) },
        { provide: DESTINATIONS, inject: [DestinationList], useFactory: (list: DestinationList) => list.current },
        { provide: PushTargets, useClass: DestinationTargets },
        { provide: DecisionListeners, useClass: DestinationListeners },
        { provide: OutcomeListeners, useClass: DestinationOutcomeListeners },
        ...stores,
        DestinationRefresh,
      ],
      exports: [
        ...[...stores, DESTINATIONS, DESTINATION_MEANS, SecretBox, PushTargets, DecisionListeners],
        OutcomeListeners,
      ],
    };
  }
}

/** Setting them up, for the API. */
@Module({
  imports: [SegmentsModule, OutboxModule, ProfilesModule, SourcesModule],
  // First the paths that are fixed: "check" is no key.
  controllers: [DestinationChecksController, DestinationSettingsController],
  providers: [
    DestinationSettings,
    { provide: DestinationDependants, useClass: SegmentsPushedThere },
    { provide: SurroundingsReader, useClass: SourceSurroundings },
  ],
  exports: [SurroundingsReader],
})
export class DestinationsApiModule {}

function meansOf(config: Config): Means {
  const http = new OutboundHttp({ trustedHosts: config.outboundTrustedHosts });
  return { timeoutMs: config.worker.deliveryTimeoutMs, http };
}

function configuredDestinations({ customerio, worker }: Config): Destination[] {
  const { credentials, trackUrl, appApiKey, appUrl, ...settled } = customerio;
  if (!credentials) return [];
  return [
    createCustomerioDestination({
      ...credentials,
      ...settled,
      timeoutMs: worker.deliveryTimeoutMs,
      ...(trackUrl !== undefined && { trackUrl }),
      ...(appApiKey !== undefined && { appApiKey }),
      ...(appUrl !== undefined && { appUrl }),
    }),
  ];
}
