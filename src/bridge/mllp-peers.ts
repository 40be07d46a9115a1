import type { Hl7Header } from '../mapping/hl7/read-hl7.js';
import type { MllpPeer } from './mllp-server.js';

/**
 * May this sender send on this connection? An entry of the table is `application|facility` (MSH-3|MSH-4), or
 * `application|facility|name` where only the holder of the certificate with that common name may use them. An empty table
 * knows everybody: then loopback or mTLS has decided who is there (decision 20).
 */
export function knownPeer(peers: readonly string[], header: Hl7Header, peer: MllpPeer | undefined): boolean {
  if (peers.length === 0) return true;
  return peers.some((entry) => {
    const [application, facility, commonName] = entry.split('|');
    return (
      application === header.sendingApplication &&
      (facility ?? '') === header.sendingFacility &&
      (commonName === undefined || commonName === peer?.commonName)
    );
  });
}
