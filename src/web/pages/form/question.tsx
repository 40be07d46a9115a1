import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useApp } from '../app/context.js';
import type { Coding, Extension } from '../fhir/types.js';
import { unitName } from '../trend/series.js';
import { formWords } from '../words/form-words.js';
import { answerOf, type Answers, valueIn } from './answers.js';
import type { Answer, Item, Option } from './questionnaire.js';

interface Asked {
  readonly item: Item;
  readonly answers: Answers;
  readonly onAnswer: (linkId: string, answers: readonly Answer[]) => void;
}

/** One question, or a group of them, with what is asked because of its answer. */
export function Question({
  item,
  shown,
  answers,
  onAnswer,
}: Asked & { readonly shown: ReadonlySet<string> }): JSX.Element | null {
  if (!shown.has(item.linkId)) return null;
  const below = (item.item ?? []).map((one) => (
    <Question key={one.linkId} item={one} shown={shown} answers={answers} onAnswer={onAnswer} />
  ));
  if (item.type === 'display') return <p class="soft">{item.text}</p>;
  if (item.type === 'group')
    return (
      <fieldset class="question-group">
        <legend>{wordsOf(item)}</legend>
        {below}
      </fieldset>
    );
  return (
    <>
      <Field item={item} answers={answers} onAnswer={onAnswer} />
      {below.length > 0 && <div class="question-below">{below}</div>}
    </>
  );
}

const wordsOf = ({ prefix, text, linkId }: Item): string => [prefix, text ?? linkId].filter(Boolean).join(' ');

/** At most so many numbers are offered to be pointed at. */
const mostSteps = 11;
const extensionIn = (item: Item, name: string): Extension | undefined =>
  item.extension?.find(({ url }) => url === `http://hl7.org/fhir/StructureDefinition/${name}`);
const boundIn = (item: Item, name: 'minValue' | 'maxValue'): number | undefined =>
  valueIn((extensionIn(item, name) ?? {}) as Record<string, unknown>) as number | undefined;

function Field(asked: Asked): JSX.Element {
  const { say } = useApp();
  const { item } = asked;
  const [low, high] = [boundIn(item, 'minValue'), boundIn(item, 'maxValue')];
  switch (item.type) {
    case 'boolean':
      return (
        <Options
          {...asked}
          options={[
            { answer: { valueBoolean: true }, text: say(formWords.yes) },
            { answer: { valueBoolean: false }, text: say(formWords.no) },
          ]}
        />
      );
    case 'choice':
      return <Options {...asked} options={(item.answerOption ?? []).map(optionOf)} />;
    case 'open-choice':
      return (
        <>
          <Options {...asked} options={(item.answerOption ?? []).map(optionOf)} optional />
          <OtherAnswer {...asked} />
        </>
      );
    case 'integer':
      if (low !== undefined && high !== undefined && high - low < mostSteps)
        return (
          <Options
            {...asked}
            inRow
            options={Array.from({ length: high - low + 1 }, (_none, step) => ({
              answer: { valueInteger: low + step },
              text: String(low + step),
            }))}
          />
        );
      return <Typed {...asked} low={low} high={high} />;
    case 'attachment':
    case 'reference':
      return (
        <p class="notice warn">
          {wordsOf(item)} – {say(formWords.notHere)}
        </p>
      );
    default:
      return <Typed {...asked} low={low} high={high} />;
  }
}

interface Shown {
  readonly answer: Answer;
  readonly text: string;
}

function optionOf(option: Option): Shown {
  const value = valueIn(option);
  const { display, code } = (typeof value === 'object' ? value : {}) as Coding;
  return { answer: answerOf(option), text: display ?? code ?? String(value) };
}

/** Choices to point at: one of them, or several where the question repeats. */
function Options({
  item,
  answers,
  onAnswer,
  options,
  inRow = false,
  optional = false,
}: Asked & { readonly options: readonly Shown[]; readonly inRow?: boolean; readonly optional?: boolean }): JSX.Element {
  const name = useId();
  const given = answers.get(item.linkId) ?? [];
  const isGiven = (answer: Answer): boolean => given.some((one) => JSON.stringify(one) === JSON.stringify(answer));
  const several = item.repeats === true;
  const choose = (answer: Answer): void => {
    if (!several) onAnswer(item.linkId, [answer]);
    else if (isGiven(answer))
      onAnswer(
        item.linkId,
        given.filter((one) => JSON.stringify(one) !== JSON.stringify(answer)),
      );
    else onAnswer(item.linkId, [...given, answer]);
  };
  return (
    <fieldset class={inRow ? 'question in-row' : 'question'} disabled={item.readOnly}>
      <legend>
        <Words item={item} />
      </legend>
      {options.map(({ answer, text }, index) => (
        <label key={text}>
          <input
            type={several ? 'checkbox' : 'radio'}
            name={name}
            checked={isGiven(answer)}
            // Of several boxes the first asks until one is ticked.
            required={item.required === true && !optional && (several ? index === 0 && given.length === 0 : true)}
            onChange={() => choose(answer)}
          />
          <span>{text}</span>
        </label>
      ))}
      {item.required !== true && given.length > 0 && !several && <Withdraw item={item} onAnswer={onAnswer} />}
    </fieldset>
  );
}

/** An answer that was not meant can be taken back where none is needed. */
function Withdraw({ item, onAnswer }: Pick<Asked, 'item' | 'onAnswer'>): JSX.Element {
  const { say } = useApp();
  return (
    <button type="button" class="quiet" onClick={() => onAnswer(item.linkId, [])}>
      {say(formWords.withdraw)}
    </button>
  );
}

function Words({ item }: { readonly item: Item }): JSX.Element {
  const { say } = useApp();
  return (
    <>
      {wordsOf(item)} {item.required !== true && <span class="soft small">({say(formWords.optional)})</span>}
    </>
  );
}

/** Beside the choices: in one's own words. */
function OtherAnswer({ item, answers, onAnswer }: Asked): JSX.Element {
  const { say } = useApp();
  const given = answers.get(item.linkId) ?? [];
  const own = given.find((one) => 'valueString' in one);
  return (
    <label class="question">
      {say(formWords.other)}
      <input
        type="text"
        value={(own?.['valueString'] as string | undefined) ?? ''}
        required={item.required === true && given.length === 0}
        onInput={(event) => {
          const text = event.currentTarget.value;
          const kept = item.repeats === true ? given.filter((one) => one !== own) : [];
          onAnswer(item.linkId, text.trim() === '' ? kept : [...kept, { valueString: text }]);
        }}
      />
    </label>
  );
}

const inputTypes: Readonly<Record<string, 'date' | 'datetime-local' | 'time'>> = {
  date: 'date',
  dateTime: 'datetime-local',
  time: 'time',
};

/** Something that is written: a number, a date, words. */
function Typed({
  item,
  answers,
  onAnswer,
  low,
  high,
}: Asked & { readonly low: number | undefined; readonly high: number | undefined }): JSX.Element {
  const type = inputTypes[item.type];
  const isNumber = ['integer', 'decimal', 'quantity'].includes(item.type);
  const unit = extensionIn(item, 'questionnaire-unit')?.valueCoding;
  const given = answers.get(item.linkId)?.[0];
  const write = (text: string): void => {
    const answer = text.trim() === '' ? undefined : writtenAnswer(item.type, text.trim(), unit);
    onAnswer(item.linkId, answer === undefined ? [] : [answer]);
  };
  const about = { required: item.required === true, readOnly: item.readOnly === true };
  const limits = [low === undefined ? '' : `≥ ${low}`, high === undefined ? '' : `≤ ${high}`]
    .filter(Boolean)
    .join(', ');
  return (
    <label class="question">
      <span>
        <Words item={item} />
        {unit !== undefined && <span class="soft"> {unit.display ?? unitName(unit.code ?? '')}</span>}
        {limits !== '' && <span class="soft small"> {limits}</span>}
      </span>
      {item.type === 'text' ? (
        <textarea
          {...about}
          maxLength={item.maxLength}
          defaultValue={textOf(given)}
          onInput={(event) => write(event.currentTarget.value)}
        />
      ) : type !== undefined ? (
        <input
          {...about}
          type={type}
          defaultValue={textOf(given)}
          onInput={(event) => write(event.currentTarget.value)}
        />
      ) : (
        <input
          {...about}
          type="text"
          autocomplete="off"
          defaultValue={textOf(given)}
          {...(item.maxLength !== undefined && { maxLength: item.maxLength })}
          {...(isNumber && {
            inputMode: item.type === 'integer' ? ('numeric' as const) : ('decimal' as const),
            pattern: item.type === 'integer' ? '-?[0-9]{1,9}' : '-?[0-9]{1,9}([.,][0-9]{1,6})?',
          })}
          onInput={(event) => {
            const { currentTarget: field } = event;
            write(field.value);
            const value = Number(field.value.replace(',', '.'));
            const outside = isNumber && ((low !== undefined && value < low) || (high !== undefined && value > high));
            field.setCustomValidity(outside && field.value !== '' ? limits : '');
          }}
        />
      )}
    </label>
  );
}

function textOf(answer: Answer | undefined): string {
  const value = answer === undefined ? undefined : valueIn(answer);
  if (typeof value === 'number') return String(value).replace('.', ',');
  if (typeof value === 'object') return String((value as { value?: number } | null)?.value ?? '').replace('.', ',');
  return value === undefined ? '' : String(value);
}

/** Undefined for what is no number where one is asked for: the field itself says so. */
function writtenAnswer(type: string, text: string, unit: Coding | undefined): Answer | undefined {
  const number = Number(text.replace(',', '.'));
  switch (type) {
    case 'integer':
      return Number.isInteger(number) ? { valueInteger: number } : undefined;
    case 'decimal':
      return Number.isFinite(number) ? { valueDecimal: number } : undefined;
    case 'quantity':
      return Number.isFinite(number)
        ? {
            valueQuantity: {
              value: number,
              ...(unit !== undefined && { unit: unit.display ?? unit.code, system: unit.system, code: unit.code }),
            },
          }
        : undefined;
    case 'date':
      return { valueDate: text };
    case 'dateTime':
      return { valueDateTime: new Date(text).toISOString() };
    case 'time':
      return { valueTime: text.length === 5 ? `${text}:00` : text };
    case 'url':
      return { valueUri: text };
    default:
      return { valueString: text };
  }
}
