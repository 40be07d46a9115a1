import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { versionOf } from './element.js';

/** A create by the module itself: managed from its first version. */
export const created = (resource: Resource): Change => ({ op: 'create', resource, managed: true, by: 'module' });

/**
 * An update by the module itself of a resource that it read at `before`: the version it was decided on must still be
 * current. `meta` is the server's business, so only the client's own parts of it are kept.
 */
export function updated(before: Resource, change: Readonly<Record<string, unknown>>): Change {
  const version = versionOf(before);
  const resource: Resource = { ...before, ...change } as Resource;
  for (const name of Object.keys(resource)) if (resource[name] === undefined) delete resource[name];
  return {
    op: 'update',
    resource,
    ...(version === undefined ? {} : { ifMatch: version }),
    managed: true,
    by: 'module',
  };
}
