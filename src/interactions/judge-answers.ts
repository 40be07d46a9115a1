// https://hl7.org/fhir/R4/questionnaireresponse.html
import type { Resource } from '../fhir/resource.js';
import type { Issue } from '../kernel/failure.js';
import { isMemberOf, type Membership } from '../terminology/membership.js';
import { checkAnswers } from '../validation/answers/check-answers.js';
import { objects } from '../validation/answers/items.js';
import { InsideTargets } from '../validation/profile/inside-targets.js';
import type { InnerResource } from '../validation/profile/inner-resources.js';
import { isObject, type JsonObject } from '../validation/visit.js';
import { existsByGrammar } from './code-grammars.js';

/** A Questionnaire that is stored here and that the caller may see, by canonical URL or `Questionnaire/id`. */
export type QuestionnaireSource = (url: string) => Promise<Resource | undefined>;

/** A response against its Questionnaire, where that is contained in it or stored here; else that it was not. */
export async function judgeAnswers(
  { resource, at, targets }: InnerResource,
  questionnaires: QuestionnaireSource,
  membership: (valueSet: string | Resource) => Promise<Membership | undefined>,
): Promise<readonly Issue[]> {
  const { questionnaire: url } = resource;
  if (typeof url !== 'string') return [];
  const found = url.startsWith('#') ? targets.find(url) : await questionnaires(url);
  if (!isObject(found))
    return [
      {
        severity: 'information',
        code: 'incomplete',
        diagnostics: 'The Questionnaire is not known here, so the answers were not held against it.',
        expression: [`${at}.questionnaire`],
      },
    ];
  const questionnaire: JsonObject = found;
  const sets = new Map<string, Membership | undefined>();
  const inQuestionnaire = new InsideTargets(questionnaire);
  for (const valueSet of valueSetsOf(questionnaire)) {
    const own = valueSet.startsWith('#') ? inQuestionnaire.find(valueSet) : undefined;
    if (!valueSet.startsWith('#')) sets.set(valueSet, await membership(valueSet));
    else if (own !== undefined) sets.set(valueSet, await membership(own as unknown as Resource));
  }
  return checkAnswers(resource as unknown as JsonObject, questionnaire, at, (valueSet, system, code) => {
    const known = sets.get(valueSet);
    return known === undefined ? undefined : isMemberOf(known, system, code, existsByGrammar);
  });
}

function valueSetsOf(holder: JsonObject, depth = 0): readonly string[] {
  if (depth > 30) return [];
  return objects(holder, 'item').flatMap((item) => [
    ...(typeof item.answerValueSet === 'string' ? [item.answerValueSet] : []),
    ...valueSetsOf(item, depth + 1),
  ]);
}
