import type { HereServer } from '../../support/here.js';

/** Resources that a test made, under names of its own. */
export class NamedResources {
  private readonly names = new Map<string, string>();

  constructor(private readonly server: HereServer) {}

  /** → `Type/id` */
  readonly make = async (name: string, resource: Record<string, unknown>): Promise<string> => {
    const type = resource['resourceType'] as string;
    const answer = await this.server.request('admin', type, { body: resource });
    const place = `${type}/${answer.json.id as string}`;
    this.names.set(place, name);
    return place;
  };

  /** The type of a resource that has no name. */
  nameOf({ resourceType, id }: { readonly resourceType: string; readonly id: string }): string {
    return this.names.get(`${resourceType}/${id}`) ?? resourceType;
  }
}
