import { areDistinct, has, type HandWrittenRules, list, oneOf } from './invariant.js';
import type { JsonObject } from './visit.js';

const isDisplay = (item: JsonObject): boolean => item.type === 'display';

/** https://hl7.org/fhir/R4/questionnaire.html and https://hl7.org/fhir/R4/questionnaireresponse.html */
export const questionnaireInvariants: HandWrittenRules = {
  'que-1': (item) => (item.type !== 'group' || has(item, 'item')) && (!isDisplay(item) || !has(item, 'item')),
  'que-2': (questionnaire) => areDistinct(linkIds(questionnaire)),
  'que-3': (item) => !isDisplay(item) || !has(item, 'code'),
  'que-4': (item) => !has(item, 'answerOption') || !has(item, 'answerValueSet'),
  'que-5': (item) =>
    oneOf(item.type, 'choice', 'open-choice', 'decimal', 'integer', 'date', 'dateTime', 'time', 'string', 'quantity') ||
    (!has(item, 'answerValueSet') && !has(item, 'answerOption')),
  'que-6': (item) => !isDisplay(item) || (!has(item, 'required') && !has(item, 'repeats')),
  'que-7': (condition) => condition.operator !== 'exists' || condition.answerBoolean !== undefined,
  'que-8': (item) => !oneOf(item.type, 'group', 'display') || !has(item, 'initial'),
  'que-9': (item) => !isDisplay(item) || !has(item, 'readOnly'),
  'que-10': (item) =>
    oneOf(item.type, 'boolean', 'decimal', 'integer', 'string', 'text', 'url', 'open-choice') ||
    !has(item, 'maxLength'),
  'que-11': (item) => !has(item, 'answerOption') || !has(item, 'initial'),
  'que-12': (item) => list(item, 'enableWhen').length <= 1 || has(item, 'enableBehavior'),
  'que-13': (item) => item.repeats === true || list(item, 'initial').length <= 1,
  'qrs-1': (item) => !(has(item, 'answer') && has(item, 'item')),
  'rqg-1': (action) => has(action, 'resource') !== has(action, 'action'),
};

function* linkIds(container: JsonObject): Generator<unknown> {
  for (const item of list(container, 'item')) {
    yield item.linkId;
    yield* linkIds(item);
  }
}
