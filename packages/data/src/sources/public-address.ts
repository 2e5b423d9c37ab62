import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ScionError } from '@scion/schema';

/** Networks of the IANA special-purpose registries that are not the public internet. */
const special = new BlockList();
const specialV4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
for (const [network, prefix] of specialV4) special.addSubnet(network, prefix, 'ipv4');
// Of IPv6 only 2000::/3 is public; these stand inside it.
const specialV6: [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
for (const [network, prefix] of specialV6) special.addSubnet(network, prefix, 'ipv6');
const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is one of the public internet. IPv6 forms of IPv4 addresses are not, whatever they map to. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  return family === 6 && publicV6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/**
 * A `lookup` for sockets that gives addresses which `isAllowed` lets pass. The socket connects to what this gives, so a name that
 * resolves differently a moment later gains nothing.
 */
export function lookupAllowed(isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const refused = addresses.find(({ address }) => !isAllowed(address));
      if (refused) return callback(forbiddenAddress(hostname), []);
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      if (!first) return callback(forbiddenAddress(hostname), []);
      callback(null, first.address, first.family);
    });
  };
}

/** Sockets look up names only: an address that stands in the URL itself is checked here. Throws `sourceForbidden`. */
export function refuseHost({ hostname }: URL, isAllowed: (address: string) => boolean): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !isAllowed(address)) throw forbiddenAddress(hostname);
}

/** The address itself is not told: a client could map the network with it. */
function forbiddenAddress(hostname: string): ScionError {
  return new ScionError(
    'sourceForbidden',
    `${hostname} is not on the public internet. The operator can allow that with SCION_ALLOW_PRIVATE_URLS=true`,
  );
}
