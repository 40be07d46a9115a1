// Patient/[id]/$access-log: profiles/operations/Patient-access-log.json
import { absent } from '../../access/decide.js';
import { plainWords } from '../../access/audit-words.js';
import { isController, isPerson } from '../../access/type-rules.js';
import { tryDateRange } from '../../fhir/dates.js';
import { parseJson } from '../../fhir/json.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { type FoundEntry, logEntries } from '../../storage/audit-log.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Services } from '../services.js';
import { parametersResponse } from '../respond.js';

/** Entries in one answer; who wants older ones gives `until`. */
const most = 500;

/**
 * Who has looked at the record, in plain words: for the patient, and for the municipality that must be able to hand it out.
 * pasientjournalloven § 18, pasientjournalforskriften § 14
 */
export const accessLog: Operation = {
  name: 'access-log',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Patient-access-log',
  type: 'Patient',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  async handle(request, context) {
    const { services, principal } = context;
    const id = request.segments[1]!;
    const parameters = new OperationParameters(request);
    const [from, until] = [parameters.date('from'), parameters.date('until')];
    const entry = accessEntry(context, { action: '$access-log', type: 'Patient', ids: [`Patient/${id}`] });
    const row = await services.read({ type: 'Patient', id }, principal, entry);
    if (row === undefined || row.text === null) throw absent('Patient');
    if (!isPerson(principal, id) && principal.role !== 'admin' && !isController(principal))
      throw new Failure('forbidden', 'The log is for the patient, and for the municipality that keeps the record.');
    await services.audit(entry);
    const entries = await logEntries(
      services.pool,
      {
        patients: [row.rid],
        ...(from === undefined ? {} : { from: tryDateRange(from)!.low }),
        ...(until === undefined ? {} : { until: tryDateRange(until)!.high }),
      },
      { descending: true, limit: most },
    );
    const names = await organisationNames(entries, services);
    return parametersResponse(entries.map((one) => ({ name: 'entry', part: parts(one, names) })));
  },
};

function parts(entry: FoundEntry, names: ReadonlyMap<string, string>): object[] {
  const { agent, client, organisation, at, action, type, outcome, detail } = entry;
  const why = action.startsWith('$') ? detail : null;
  return [
    { name: 'when', valueInstant: instant(at) },
    { name: 'who', valueString: agent?.name ?? client },
    ...(agent?.hpr === undefined ? [] : [{ name: 'hpr', valueString: agent.hpr }]),
    ...(organisation === null ? [] : [{ name: 'organisation', valueString: names.get(organisation) ?? organisation }]),
    { name: 'what', valueString: plainWords(action, type, outcome !== 0) },
    ...(why === null ? [] : [{ name: 'why', valueString: why }]),
    ...(why !== null || agent?.purpose === undefined ? [] : [{ name: 'why', valueString: agent.purpose }]),
    { name: 'refused', valueBoolean: outcome !== 0 },
  ];
}

/** Organisation number → name, as the directory has it. */
async function organisationNames(
  entries: readonly FoundEntry[],
  { pool, dictionary }: Pick<Services, 'pool' | 'dictionary'>,
): Promise<ReadonlyMap<string, string>> {
  const numbers = [...new Set(entries.flatMap(({ organisation }) => organisation ?? []))];
  if (numbers.length === 0) return new Map();
  const { rows } = await pool.query<{ value: string; content: string }>(
    `select distinct on (i.value) i.value, r.content from sp_identifier i join resource r on r.rid = i.rid
     where i.value = any ($1::text[]) and r.type = $2 and r.content is not null order by i.value, r.rid`,
    [numbers, dictionary.typeId('Organization')],
  );
  return new Map(
    rows.flatMap(({ value, content }) => {
      const { name } = parseJson(content) as { readonly name?: string };
      return name === undefined ? [] : [[value, name] as const];
    }),
  );
}
