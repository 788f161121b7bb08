import { destinationKind } from '../destination-kind.js';
import { createCustomerioDestination } from './customerio-destination.js';
import { CustomerioSettings } from './customerio-settings.js';

/** A deployment serves one workspace, so the destination goes by the name of its kind. */
export const customerioKind = destinationKind<CustomerioSettings>({
  kind: 'customerio',
  says: 'a workspace of Customer.io',
  form: CustomerioSettings,
  secrets: ['apiKey', 'appApiKey'],
  problemsOf({ trackUrl, appUrl }, { http }) {
    const expected = 'a URL at a host of OUTBOUND_TRUSTED_HOSTS; left out, the address is that of the region';
    return Object.entries({ trackUrl, appUrl }).flatMap(([name, url]) =>
      url === undefined || http.isTrusted(url) ? [] : [{ pointer: `/${name}`, detail: 'not a trusted host', expected }],
    );
  },
  create: (_key, settings, { timeoutMs }) => createCustomerioDestination({ ...settings, timeoutMs }),
});
