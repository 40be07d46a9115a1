import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure, type Issue } from '../../kernel/failure.js';
import { isReferral } from '../referral/receive-referral.js';
import { extensionOf, hasCode, identifierIn } from '../vocabulary/element.js';
import { identifierSystem, structure, system } from '../vocabulary/systems.js';
import { protectedDifferences } from './protected-differences.js';
import { protections } from './protected-elements.js';

/**
 * Does a resource that a client creates belong to the follow-up module from its first version? Plans
 * (egenbehandlingsplan), referrals to the service and episodes of it do; alerts, their Tasks and Flags are made by the
 * module alone, so a client's own DetectedIssue, Task or Flag is ordinary FHIR.
 */
export function managedOnCreate(resource: Resource): boolean {
  if (resource.resourceType === 'CarePlan') return isPlan(resource);
  if (resource.resourceType === 'EpisodeOfCare') return hasCode(resource.type, system.service);
  return isReferral(resource);
}

/** An egenbehandlingsplan: VKP category 2. */
export const isPlan = (resource: Resource): boolean =>
  resource.resourceType === 'CarePlan' && hasCode(resource.category, system.vkpPlanCategory, '2');

/** The stored resource with its managed flag. */
export interface StoredResource {
  readonly resource: Resource;
  readonly managed: boolean;
}

/**
 * Decision 9: refuses (422) a client's change of what belongs to the module, naming element and operation. Changes by the
 * module itself pass. A plan that a client stores as `active` is kept but never monitored; one that claims an approval is
 * refused, for every reader would take it for approved.
 *
 * @param before undefined for a create
 */
export function guardManaged(change: Change, before: StoredResource | undefined): Failure | undefined {
  if (change.by === 'module') return undefined;
  if (change.op === 'delete') return before?.managed === true ? guardDelete(before.resource) : undefined;
  if (before?.managed === true) return guardUpdate(before.resource, change.resource);
  return guardClaims(change.resource, before?.resource);
}

function guardUpdate(before: Resource, after: Resource): Failure | undefined {
  const differences = protectedDifferences(before, after);
  if (differences.length === 0) return undefined;
  return new Failure(
    'unprocessable',
    differences.map(
      ({ path, use }): Issue => ({
        severity: 'error',
        code: 'business-rule',
        diagnostics:
          use === undefined
            ? `${path} belongs to the follow-up module and is not changed after creation.`
            : `${path} belongs to the follow-up module. Use ${use}.`,
        expression: [path],
      }),
    ),
  );
}

function guardDelete(before: Resource): Failure | undefined {
  if (before.resourceType === 'CarePlan' && before.status === 'draft') return undefined;
  const known = protections[before.resourceType];
  if (known === undefined) return undefined;
  const use = known.find((one) => one.use !== undefined)?.use;
  return new Failure(
    'unprocessable',
    `This ${before.resourceType} belongs to the follow-up module and is not deleted.${use === undefined ? '' : ` Use ${use}.`}`,
    { expression: before.resourceType },
  );
}

/** What only the module may write, in a resource that is not (yet) managed. */
function guardClaims(resource: Resource, before: Resource | undefined): Failure | undefined {
  const approval = structure('dho-approval');
  if (extensionOf(resource, approval) !== undefined) {
    return claim(
      `${resource.resourceType}.extension('${approval}')`,
      'An approval is given by CarePlan/$approve alone.',
    );
  }
  for (const owned of [identifierSystem.alert, identifierSystem.worklist]) {
    if (identifierIn(resource, owned) !== undefined) {
      return claim(
        `${resource.resourceType}.identifier`,
        'Identifiers of this system are given by the follow-up module alone.',
      );
    }
  }
  if (before === undefined) return guardNewEpisode(resource);
  if (managedOnCreate(resource)) {
    const where = { CarePlan: 'category', EpisodeOfCare: 'type' }[resource.resourceType] ?? 'code';
    return claim(
      `${resource.resourceType}.${where}`,
      'A resource becomes part of the follow-up module at its creation: create a new one.',
    );
  }
  return undefined;
}

/** An episode that is opened over FHIR starts as planned, so that start, pause and end have their effects. */
function guardNewEpisode(resource: Resource): Failure | undefined {
  if (resource.resourceType !== 'EpisodeOfCare' || !managedOnCreate(resource) || resource.status === 'planned')
    return undefined;
  return claim('EpisodeOfCare.status', 'Create the episode as planned, then use EpisodeOfCare/$start.');
}

const claim = (expression: string, what: string): Failure => new Failure('unprocessable', what, { expression });
