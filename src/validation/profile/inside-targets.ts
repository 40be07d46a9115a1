// https://hl7.org/fhir/R4/references.html#contained, https://hl7.org/fhir/R4/bundle.html#references
import { parseReference } from '../../fhir/reference.js';
import { isObject, type JsonObject } from '../visit.js';

/** What a reference leads to without asking any store: contained in the resource, or another entry of its Bundle. */
export class InsideTargets {
  constructor(
    readonly resource: JsonObject,
    private readonly entries = new BundleEntries(resource),
  ) {}

  /** The same, seen from a resource inside this one. */
  within(resource: JsonObject): InsideTargets {
    return new InsideTargets(resource, this.entries);
  }

  /** Undefined where it is not inside. */
  find(reference: unknown): JsonObject | undefined {
    const text = isObject(reference) ? reference.reference : reference;
    if (typeof text !== 'string') return undefined;
    if (text === '#') return this.resource;
    if (text.startsWith('#')) return objects(this.resource.contained).find(({ id }) => id === text.slice(1));
    return this.entries.find(text);
  }

  /** The type of the target, also where only the reference itself says it. */
  typeOf(reference: unknown): string | undefined {
    const found = this.find(reference)?.resourceType;
    if (typeof found === 'string') return found;
    if (!isObject(reference)) return undefined;
    const parsed = typeof reference.reference === 'string' ? parseReference(reference.reference) : undefined;
    if (parsed !== undefined && (parsed.kind === 'local' || parsed.kind === 'absolute') && parsed.type !== undefined)
      return parsed.type;
    return typeof reference.type === 'string' ? reference.type.slice(reference.type.lastIndexOf('/') + 1) : undefined;
  }
}

/** The entries of a Bundle by fullUrl and by `Type/id`; read when first asked for. */
class BundleEntries {
  private known: ReadonlyMap<string, JsonObject> | undefined;

  constructor(private readonly bundle: JsonObject) {}

  find(reference: string): JsonObject | undefined {
    if (this.bundle.resourceType !== 'Bundle') return undefined;
    this.known ??= this.read();
    const parsed = parseReference(reference);
    return (
      this.known.get(reference) ?? (parsed.kind === 'local' ? this.known.get(`${parsed.type}/${parsed.id}`) : undefined)
    );
  }

  private read(): ReadonlyMap<string, JsonObject> {
    const known = new Map<string, JsonObject>();
    const add = (key: unknown, resource: JsonObject): unknown =>
      typeof key === 'string' && !known.has(key) && known.set(key, resource);
    for (const { fullUrl, resource } of objects(this.bundle.entry)) {
      if (!isObject(resource)) continue;
      add(fullUrl, resource);
      if (typeof resource.id === 'string') add(`${String(resource.resourceType)}/${resource.id}`, resource);
    }
    return known;
  }
}

const objects = (list: unknown): readonly JsonObject[] => (Array.isArray(list) ? list.filter(isObject) : []);
