// https://hl7.org/fhir/R4/validation.html – everything that can be told of a resource, for $validate
import { setImmediate as otherRequests } from 'node:timers/promises';
import type { Definitions } from '../fhir/definitions.js';
import type { Resource } from '../fhir/resource.js';
import type { Issue } from '../kernel/failure.js';
import { checkExtensible } from '../validation/profile/check-extensible.js';
import { checkExtensions, type ExtensionDefinition, extensionsIn } from '../validation/profile/check-extensions.js';
import { identifierIssues } from '../validation/norwegian-identifiers.js';
import { innerResources } from '../validation/profile/inner-resources.js';
import { vitalSignsProfiles } from '../validation/profile/vital-signs.js';
import { judgeAnswers, type QuestionnaireSource } from './judge-answers.js';
import { namedIn, type Profiles } from './profiles.js';

const mostIssues = 200;
/** Resources of a Bundle that are judged before other requests have their turn. */
const perTurn = 50;

/**
 * What there is to say of a resource that is valid in itself: profiles (those asked for, those that it and the resources inside
 * it name, and those of the vital signs that they are), extensions, extensible bindings of R4, and answers that do not fit
 * their Questionnaire. What cannot be judged is said for information.
 */
export async function judgeResource(
  resource: Resource,
  named: readonly string[],
  {
    profiles,
    definitions,
    questionnaires,
    testNumbers,
  }: {
    readonly profiles: Profiles;
    readonly definitions: Definitions;
    readonly questionnaires: QuestionnaireSource;
    readonly testNumbers: boolean;
  },
): Promise<readonly Issue[]> {
  const reader = await profiles.read();
  const issues: Issue[] = [];
  let looked = 0;
  for (const inner of innerResources(resource)) {
    looked += 1;
    if (looked % perTurn === 0) await otherRequests();
    const urls = [
      ...namedIn(inner.resource),
      ...(inner.resource === resource ? named : []),
      ...vitalSignsProfiles(inner.resource),
    ];
    for (const url of new Set(urls)) issues.push(...(await reader.check(inner.resource, url, inner)));
    if (inner.resource.resourceType === 'QuestionnaireResponse')
      issues.push(...(await judgeAnswers(inner, questionnaires, (url) => reader.membership(url))));
  }
  const known = new Map<string, ExtensionDefinition | undefined>();
  for (const url of extensionsIn(resource, definitions)) known.set(url, await reader.find(url));
  await otherRequests();
  issues.push(
    ...identifierIssues(resource, { allowSynthetic: testNumbers }),
    ...narrativeIssues(resource, definitions),
    ...(known.size === 0 ? [] : checkExtensions(resource, definitions, (url) => known.get(url))),
    ...checkExtensible(resource, definitions),
  );
  return distinct(issues).slice(0, mostIssues);
}

/** dom-6, a recommendation. https://hl7.org/fhir/R4/domainresource-definitions.html */
function narrativeIssues({ resourceType, text }: Resource, definitions: Definitions): readonly Issue[] {
  const isDomainResource = definitions.type(resourceType)?.base === 'DomainResource';
  if (!isDomainResource || (text as { readonly div?: unknown } | undefined)?.div !== undefined) return [];
  return [
    {
      severity: 'information',
      code: 'invariant',
      diagnostics: 'A resource should have narrative for people. (dom-6)',
      expression: [resourceType],
    },
  ];
}

/** A profile and the definition of an extension may both see the same. */
function distinct(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ severity, diagnostics, expression }) => {
    const key = `${severity} ${expression?.[0] ?? ''} ${diagnostics}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
