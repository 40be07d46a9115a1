import { extractRows } from '../../src/search/extract/extract-rows.js';
import { extractSeries } from '../../src/search/extract/extract-series.js';
import type { SearchRegistry } from '../../src/search/registry.js';
import { stringifyJson } from '../../src/fhir/json.js';
import { patientLinks } from '../../src/fhir/patient-links.js';
import type { Resource } from '../../src/fhir/resource.js';
import { Dictionary } from '../../src/storage/dictionary.js';
import type { Pool } from '../../src/storage/pool.js';

/** Puts resources with their search rows straight into the tables: for tests of searching, without the write path. */
export class ResourceInserter {
  private rid = 0;

  private constructor(
    private readonly pool: Pool,
    readonly dictionary: Dictionary,
    readonly registry: SearchRegistry,
  ) {}

  static async open(pool: Pool, registry: SearchRegistry): Promise<ResourceInserter> {
    const dictionary = await Dictionary.load(pool, { types: registry.types, params: registry.rowParams() });
    return new ResourceInserter(pool, dictionary, registry);
  }

  /** @returns the rid. Patients must be inserted before what refers to them. */
  async insert(resource: Resource, options: { readonly controller?: string } = {}): Promise<number> {
    this.rid += 1;
    const { rid, pool, dictionary } = this;
    const orgnr = options.controller ?? '';
    await dictionary.ensure({ controllers: [orgnr] });
    const controller = dictionary.controllerId(orgnr)!;
    const patients = resource.resourceType === 'Patient' ? [rid] : await this.patientKeys(resource, controller);
    await pool.query(
      'insert into resource (rid, type, id, version, updated, controller, patients, content) values ($1, $2, $3, 1, $4, $5, $6, $7)',
      [
        rid,
        dictionary.typeId(resource.resourceType),
        resource.id,
        resource.meta?.lastUpdated ?? new Date(1_767_225_600_000 + rid).toISOString(),
        controller,
        patients,
        stringifyJson(resource),
      ],
    );
    const rows = await dictionary.resolveRows(extractRows(resource, this.registry), resource.resourceType);
    const tail = { rid, controller, patients };
    await this.table('sp_token', rows.token, tail);
    await this.table(
      'sp_identifier',
      {
        param: rows.identifier.param,
        system: rows.identifier.system,
        value: rows.identifier.value,
        type_code: rows.identifier.type,
        element: rows.identifier.element,
      },
      tail,
    );
    await this.table('sp_date', rows.date, tail);
    const { canon, canonLow, canonHigh, ...quantity } = rows.quantity;
    await this.table(
      'sp_quantity',
      { ...quantity, canon_code: canon, canon_low: canonLow, canon_high: canonHigh },
      tail,
    );
    await this.table('sp_string', rows.string, tail);
    await this.table('sp_uri', rows.uri, tail);
    const reference = rows.reference;
    await this.table(
      'sp_reference',
      {
        param: reference.param,
        target_type: reference.type,
        target_id: reference.id,
        target_version: reference.version,
        url: reference.url,
        identifier_system: reference.system,
        identifier_value: reference.value,
        element: reference.element,
      },
      tail,
    );
    await this.table('sp_position', rows.position, { rid });
    const series = await dictionary.resolveSeries(extractSeries(resource));
    for (const patient of patients.length === 0 ? [0] : patients)
      await this.table('observation_point', { ...series }, { rid, controller, patient });
    if (resource.resourceType === 'Patient') await this.identify(resource, rid, controller);
    return rid;
  }

  private async patientKeys(resource: Resource, controller: number): Promise<number[]> {
    const links = patientLinks(resource);
    const { rows } = await this.pool.query<{ key: number }>(
      `select rid as key from resource where type = $1 and id = any ($2::text[])
       union select k.patient from patient_identifier k join dict_system s on s.id = k.system
         join unnest($3::text[], $4::text[]) x(system, value) on x.system = s.url and x.value = k.value where k.controller = $5 order by 1`,
      [
        this.dictionary.typeId('Patient'),
        links.ids,
        links.identifiers.map((i) => i.system),
        links.identifiers.map((i) => i.value),
        controller,
      ],
    );
    return rows.map((row) => row.key);
  }

  private async identify(patient: Resource, rid: number, controller: number): Promise<void> {
    for (const { system, value } of (patient['identifier'] ?? []) as { system: string; value: string }[]) {
      if (!system.startsWith('urn:oid:2.16.578.1.12.4.1.4.')) continue;
      await this.pool.query(
        'insert into patient_identifier (controller, system, value, patient) values ($1, $2, $3, $4)',
        [controller, this.dictionary.systemId(system), value, rid],
      );
    }
  }

  private async table(
    name: string,
    columns: Readonly<Record<string, readonly unknown[]>>,
    tail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const names = [...Object.keys(columns), ...Object.keys(tail)];
    const [first] = Object.values(columns);
    for (let at = 0; at < (first?.length ?? 0); at += 1) {
      const values = [...Object.values(columns).map((column) => column[at]), ...Object.values(tail)];
      await this.pool.query(
        `insert into ${name} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
        values,
      );
    }
  }
}
