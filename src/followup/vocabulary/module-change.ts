import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { versionOf } from './element.js';

/** A create by the module itself: managed from its first version. */
export const created = (resource: Resource): Change => ({ op: 'create', resource, managed: true, by: 'module' });

/**
 * An update by the module itself of a resource that it read as `before`: the version it was decided on must still be
 * current.
 *
 * @param change elements to set; undefined removes one
 */
export function updated(before: Resource, change: Readonly<Record<string, unknown>>): Change {
  return replaced(before, { ...before, ...change });
}

/** The same with the complete new content. */
export function replaced(before: Resource, content: Resource): Change {
  const version = versionOf(before);
  const resource = Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined)) as Resource;
  // Whoever made a Task may have had a clock that is ahead; its last change is not before it (inv-1).
  const { authoredOn, lastModified } = resource;
  if (resource.resourceType === 'Task' && Date.parse(String(authoredOn)) > Date.parse(String(lastModified)))
    resource.lastModified = authoredOn;
  return {
    op: 'update',
    resource,
    ...(version === undefined ? {} : { ifMatch: version }),
    managed: true,
    by: 'module',
  };
}
