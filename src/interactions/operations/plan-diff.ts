// CarePlan/$diff: profiles/operations/CarePlan-diff.json
import { absent, rowScope } from '../../access/decide.js';
import { parseJson, stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { differencesText, planDifferences } from '../../followup/plan/plan-difference.js';
import { Failure } from '../../kernel/failure.js';
import { readVersion } from '../../storage/resources.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context } from '../request.js';
import { parametersResponse } from '../respond.js';
import { notAPlan } from './plan-facts.js';
import { keyIn } from './run-operation.js';

interface Side {
  readonly address: string;
  readonly plan: Resource;
}

/** What differs between a plan and the one it replaces, or between two versions, in words. */
export const diffPlan: Operation = {
  name: 'diff',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/CarePlan-diff',
  type: 'CarePlan',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  followUp: true,
  async handle(request, context) {
    const parameters = new OperationParameters(request);
    const id = request.segments[1]!;
    const newer = await side(parameters.text('to') ?? `CarePlan/${id}`, id, context);
    const older = await side(parameters.text('from') ?? predecessor(newer), id, context);
    if (subjectOf(older.plan) !== subjectOf(newer.plan))
      throw new Failure('unprocessable', 'The two plans are about different patients.', {
        expression: 'CarePlan.subject',
      });
    const changes = planDifferences(older.plan, newer.plan);
    return parametersResponse([
      { name: 'from', valueUri: older.address },
      { name: 'to', valueUri: newer.address },
      { name: 'same', valueBoolean: changes.length === 0 },
      { name: 'text', valueString: differencesText(changes) },
      ...changes.map(({ about, kind, label, from, to, text }) => ({
        name: 'change',
        part: [
          { name: 'about', valueString: about },
          { name: 'kind', valueCode: kind },
          ...(label === undefined ? [] : [{ name: 'label', valueString: label }]),
          ...(from === undefined ? [] : [{ name: 'from', valueString: from }]),
          ...(to === undefined ? [] : [{ name: 'to', valueString: to }]),
          { name: 'text', valueString: text },
        ],
      })),
    ]);
  },
};

const subjectOf = ({ subject }: Resource): string =>
  stringifyJson((subject as { reference?: string })?.reference ?? subject);

/** The plan that it replaces; else its version before. */
function predecessor({ plan, address }: Side): string {
  const [replaced] = (plan['replaces'] as { reference?: string }[] | undefined) ?? [];
  if (replaced?.reference !== undefined) return replaced.reference;
  const version = Number(address.split('/').at(-1));
  if (version > 1) return String(version - 1);
  throw new Failure(
    'unprocessable',
    'The plan replaces no other and has one version: say in from what to compare with.',
    {
      expression: "Parameters.parameter.where(name='from')",
    },
  );
}

/** `3`, `CarePlan/1` or `CarePlan/1/_history/3`, as far as the caller may see it; the access is audited. */
async function side(named: string, id: string, context: Context): Promise<Side> {
  const { services, principal } = context;
  const version = /^\d{1,9}$/.test(named) ? named : /\/_history\/(\d{1,9})$/.exec(named)?.[1];
  const key = /^\d{1,9}$/.test(named) ? { type: 'CarePlan', id } : keyIn({ reference: named });
  if (key?.type !== 'CarePlan')
    throw new Failure('invalid', 'from and to are a version number or a reference to a CarePlan.', {
      expression: "Parameters.parameter.where(name='from')",
    });
  const entry = accessEntry(context, {
    action: '$diff',
    type: 'CarePlan',
    ids: [`CarePlan/${key.id}${version === undefined ? '' : `/_history/${version}`}`],
  });
  const scope = rowScope(principal, services.clock.now());
  const row =
    version === undefined
      ? await services.read(key, principal, entry)
      : await readVersion(services.pool, key, Number(version), scope, services.dictionary);
  if (version !== undefined) await services.audit({ ...entry, outcome: row === undefined ? 4 : 0 });
  if (row?.text === undefined || row.text === null) throw absent('CarePlan');
  const plan = parseJson(row.text) as Resource;
  const refused = notAPlan(plan);
  if (refused !== undefined) throw refused;
  return { address: `CarePlan/${key.id}/_history/${row.version}`, plan };
}
