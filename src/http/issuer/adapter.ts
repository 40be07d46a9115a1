import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { IssuerParts } from './issuer-parts.js';

/** The store that oidc-provider keeps its records in. There is no device flow, so there are no user codes. */
export const adapterOf =
  (records: IssuerParts['records']) =>
  (kind: string): Adapter => {
    const store = records(kind);
    return {
      upsert: (id, payload, expiresIn) => store.upsert(id, { ...payload }, expiresIn),
      find: (id) => store.find(id) as Promise<AdapterPayload | undefined>,
      findByUid: (uid) => store.findByUid(uid) as Promise<AdapterPayload | undefined>,
      findByUserCode: async () => undefined,
      consume: (id) => store.consume(id),
      destroy: (id) => store.destroy(id),
      revokeByGrantId: (grantId) => store.revokeByGrantId(grantId),
    };
  };
