import { destinationKind } from '../destination-kind.js';
import { createCustomerioDestination } from './customerio-destination.js';
import { CustomerioSettings } from './customerio-settings.js';

/** A deployment serves one workspace, so the destination goes by the name of its kind. */
export const customerioKind = destinationKind<CustomerioSettings>({
  kind: 'customerio',
  says: 'a workspace of Customer.io',
  form: CustomerioSettings,
  secrets: ['apiKey', 'appApiKey'],
  create: (_key, settings, { timeoutMs }) => createCustomerioDestination({ ...settings, timeoutMs }),
});
