import { DateTime } from 'luxon';
import type { Principal } from '../access/principal.js';
import type { ReceivePlo } from '../bridge/receive-message.js';
import type { DemoClientId } from '../config/demo.js';
import { parseJson, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { dispatch } from '../interactions/dispatch.js';
import { bodyText, type FhirRequest } from '../interactions/request.js';
import type { Services } from '../interactions/services.js';
import type { ManualClock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';

export interface DemoActorParts {
  /** With a commit that goes by `clock`. */
  readonly services: Services;
  readonly clock: ManualClock;
  /** The present, milliseconds since 1970. */
  readonly now: number;
  readonly system: Principal;
  readonly receive: ReceivePlo;
  readonly principal: (client: DemoClientId) => Principal;
}

/** Parameters of an operation: a text is a valueString, an object a valueReference. */
export type DemoParameters = Readonly<Record<string, string | object>>;

const zone = 'Europe/Oslo';

/** Does what people and systems do for one demo patient, each thing at its time. Time between is judged as it passes. */
export class DemoActor {
  /** Logical id of the patient whose time is judged. */
  patient: string | undefined;

  constructor(private readonly parts: DemoActorParts) {}

  get now(): number {
    return this.parts.now;
  }

  /** That many days before today, at a time of day where people live. */
  day(offset: number, time: string): number {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return DateTime.fromMillis(this.parts.now, { zone })
      .startOf('day')
      .plus({ days: offset })
      .set({ hour, minute })
      .toMillis();
  }

  /** Moves the clock on to `time`; what falls due on the way is judged at its own moment. */
  async reach(time: number): Promise<void> {
    const { clock, services, system } = this.parts;
    for (let judged = 0; judged < 200 && this.patient !== undefined; judged += 1) {
      const due = await this.nextJudgement(time);
      if (due === undefined) break;
      if (due.at > clock.now()) clock.set(due.at);
      await services.commit({ action: 'time', judgeTime: [due.key] }, system, 'demo');
    }
    clock.set(time);
  }

  private async nextJudgement(until: number): Promise<{ readonly key: number; readonly at: number } | undefined> {
    const { pool, dictionary } = this.parts.services;
    const { rows } = await pool.query<{ patient: number; next_at: Date }>(
      'select s.patient, s.next_at from followup_state s join resource r on r.rid = s.patient where r.type = $1 and r.id = $2 and s.next_at <= $3',
      [dictionary.typeId('Patient'), this.patient, new Date(until)],
    );
    return rows[0] && { key: Number(rows[0].patient), at: rows[0].next_at.getTime() };
  }

  async create(client: DemoClientId, resource: Resource): Promise<Resource> {
    return this.ask(client, { method: 'POST', segments: [resource.resourceType], resource });
  }

  async update(client: DemoClientId, resource: Resource): Promise<Resource> {
    return this.ask(client, { method: 'PUT', segments: [resource.resourceType, resource.id!], resource });
  }

  /** @param place `CarePlan/1/$approve` */
  async call(
    client: DemoClientId,
    place: string,
    parameters: DemoParameters = {},
    version?: string,
  ): Promise<Resource> {
    const parameter = Object.entries(parameters).map(([name, value]) =>
      typeof value === 'string' ? { name, valueString: value } : { name, valueReference: value },
    );
    const headers = version === undefined ? {} : { 'if-match': `W/"${version}"` };
    return this.ask(client, {
      method: 'POST',
      segments: place.split('/'),
      resource: { resourceType: 'Parameters', parameter },
      headers,
    });
  }

  /** The first resource that the client finds. */
  async find(client: DemoClientId, type: string, query: Readonly<Record<string, string>>): Promise<Resource> {
    const bundle = await this.ask(client, { method: 'POST', segments: [type, '_search'], form: Object.entries(query) });
    const found = (bundle['entry'] as { readonly resource: Resource }[] | undefined)?.[0]?.resource;
    if (found === undefined) throw new Failure('fault', `The demo world found no ${type} that it had made.`);
    return found;
  }

  async send(client: DemoClientId, message: Buffer): Promise<void> {
    const answer = await this.parts.receive(message, this.parts.principal(client), 'http');
    if (!answer.accepted) throw new Failure('fault', 'A message of the demo world was refused.');
  }

  nextId(): string {
    return this.parts.services.ids.next();
  }

  private async ask(
    client: DemoClientId,
    request: Partial<FhirRequest> & Pick<FhirRequest, 'method' | 'segments'>,
  ): Promise<Resource> {
    const { services, principal } = this.parts;
    const { resource, ...rest } = request;
    const body = resource === undefined ? {} : { body: stringifyJson(resource) };
    const response = await dispatch(
      { query: [], headers: {}, ...rest, ...body },
      { principal: principal(client), request: 'demo', services, dispatch },
    );
    return parseJson(bodyText(response.body ?? '{}')) as Resource;
  }
}
