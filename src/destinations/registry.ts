import { createCustomerioDestination } from './customerio/customerio-destination.js';
import type { Destination } from './destination.js';

/** Every destination's factory by its key. Adding a destination is its folder and a line here. */
export const DESTINATION_FACTORIES = {
  customerio: createCustomerioDestination,
};

export type DestinationKey = keyof typeof DESTINATION_FACTORIES;

/** The configuration of each destination that is to be used. */
export type DestinationsConfig = {
  [Key in DestinationKey]?: Parameters<(typeof DESTINATION_FACTORIES)[Key]>[0] | undefined;
};

/** The destinations that are configured. */
export function createDestinations(config: DestinationsConfig): Destination[] {
  return (Object.keys(DESTINATION_FACTORIES) as DestinationKey[]).flatMap((key) => {
    const ofDestination = config[key];
    return ofDestination ? [DESTINATION_FACTORIES[key](ofDestination)] : [];
  });
}
