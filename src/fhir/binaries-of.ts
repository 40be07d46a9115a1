import type { Resource, ResourceKey } from './resource.js';

/** The Binaries that the attachments of a resource name: `Binary/1`. */
export function binariesOf(resource: Resource): readonly ResourceKey[] {
  const found = new Map<string, ResourceKey>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) {
        const [, id] =
          name === 'url' && typeof inner === 'string' ? (/^Binary\/([A-Za-z0-9.-]{1,64})$/.exec(inner) ?? []) : [];
        if (id === undefined) visit(inner);
        else found.set(id, { type: 'Binary', id });
      }
  };
  visit(resource);
  return [...found.values()];
}
