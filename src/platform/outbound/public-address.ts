import ipaddr from 'ipaddr.js';

/** All that was ever given out of IPv6; what lies outside may wrap an IPv4 address (`::127.0.0.1` as `::7f00:1`). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an IP address is one of the public internet. Private, loopback, link-local (where clouds keep their metadata),
 * shared, reserved and multicast ranges are not, nor are IPv6 addresses in which such an IPv4 one may be wrapped.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv6 && !address.match(GLOBAL_IPV6)) return false;
  return address.range() === 'unicast';
}
