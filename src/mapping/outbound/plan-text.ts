import { type Num, literalOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import type { PlanText } from './plan-pdf.js';

/** Elements of the plan as far as they are printed. https://hl7.org/fhir/R4/careplan.html */
interface Extension {
  readonly url: string;
  readonly extension?: readonly Extension[];
  readonly valueString?: string;
  readonly valueCode?: string;
  readonly valueBoolean?: boolean;
  readonly valueCoding?: { readonly code?: string; readonly display?: string };
  readonly valueCodeableConcept?: { readonly text?: string };
  readonly valueQuantity?: { readonly value?: Num; readonly unit?: string; readonly code?: string };
  readonly valueDecimal?: Num;
}
interface Detail {
  readonly extension?: readonly Extension[];
  readonly code?: { readonly text?: string };
  readonly description?: string;
  readonly scheduledTiming?: {
    readonly repeat?: { readonly dayOfWeek?: readonly string[]; readonly timeOfDay?: readonly string[] };
  };
}

const structure = (name: string): string => `http://hjemmebro.no/fhir/StructureDefinition/${name}`;
const zoneNames: Readonly<Record<string, string>> = { green: 'Grønn sone', yellow: 'Gul sone', red: 'Rød sone' };
const dayNames: Readonly<Record<string, string>> = {
  mon: 'mandag',
  tue: 'tirsdag',
  wed: 'onsdag',
  thu: 'torsdag',
  fri: 'fredag',
  sat: 'lørdag',
  sun: 'søndag',
};

const membersOf = (
  owner: { readonly extension?: readonly Extension[] } | undefined,
  url: string,
): readonly Extension[] => (owner?.extension ?? []).filter((one) => one.url === url);
const member = (owner: Extension, url: string): Extension | undefined => membersOf(owner, url)[0];

/**
 * A self-management plan as Norwegian text: zones with what to do, then each measure, form and task with its times and limits.
 *
 * @param patient `Ola Prøvepasient, født 12.03.1948`
 */
export function planText(plan: Resource, patient: string): PlanText {
  const extended = plan as unknown as {
    readonly extension?: readonly Extension[];
    readonly title?: string;
    readonly activity?: readonly { readonly detail?: Detail }[];
  };
  const zones = membersOf(extended, structure('dho-zone')).flatMap(zoneSection);
  const activities = (extended.activity ?? []).flatMap(({ detail }) =>
    detail === undefined ? [] : [activitySection(detail)],
  );
  return { title: extended.title ?? 'Egenbehandlingsplan', patient, sections: [...zones, ...activities] };
}

type Section = PlanText['sections'][number];

function zoneSection(zone: Extension): readonly Section[] {
  const level = member(zone, 'zone')?.valueCoding;
  if (level?.code === undefined) return [];
  const lines = [
    ['', member(zone, 'text')?.valueString],
    ['Kjennetegn: ', member(zone, 'condition')?.valueString],
    ['Tiltak: ', member(zone, 'action')?.valueString],
  ].flatMap(([label, text]) => (text === undefined ? [] : [`${label}${text}`]));
  return [{ heading: zoneNames[level.code] ?? level.display ?? level.code, lines }];
}

function activitySection(detail: Detail): Section {
  const thresholds = membersOf(detail, structure('dho-threshold')).flatMap(thresholdLine);
  const times = detail.scheduledTiming?.repeat;
  const days = times?.dayOfWeek?.map((day) => dayNames[day] ?? day).join(', ') ?? 'hver dag';
  const schedule =
    times?.timeOfDay === undefined || times.timeOfDay.length === 0
      ? []
      : [`Tidspunkt: ${days} kl. ${times.timeOfDay.map((time) => time.slice(0, 5)).join(', ')}`];
  return {
    heading: detail.code?.text ?? 'Aktivitet',
    lines: [...(detail.description === undefined ? [] : [detail.description]), ...schedule, ...thresholds],
  };
}

/** `Gul sone: fra og med 88 og under 90 %`. */
function thresholdLine(threshold: Extension): readonly string[] {
  const zone = member(threshold, 'zone')?.valueCoding?.code;
  if (zone === undefined) return [];
  const [value, low, high] = ['value', 'low', 'high'].map((name) => member(threshold, name));
  const inclusive = (name: string): boolean => member(threshold, name)?.valueBoolean ?? true;
  const range = [
    ...(value === undefined ? [] : [`lik ${numberOf(value)}`]),
    ...(low === undefined ? [] : [`${inclusive('lowInclusive') ? 'fra og med' : 'over'} ${numberOf(low)}`]),
    ...(high === undefined ? [] : [`${inclusive('highInclusive') ? 'til og med' : 'under'} ${numberOf(high)}`]),
  ].join(' og ');
  const unit = [value, low, high].find((one) => one?.valueQuantity !== undefined)?.valueQuantity;
  const context = member(threshold, 'context')?.valueCode;
  const component = member(threshold, 'component')?.valueCodeableConcept?.text;
  const about = [component, context].filter((part) => part !== undefined).join(', ');
  return [
    `${zoneNames[zone] ?? zone}${about === '' ? '' : ` (${about})`}: ${range} ${unit?.unit ?? unit?.code ?? ''}`.trimEnd(),
  ];
}

/** The number as it was written, with a decimal comma. */
function numberOf({ valueQuantity, valueDecimal }: Extension): string {
  const value = valueQuantity?.value ?? valueDecimal;
  return value === undefined ? '' : literalOf(value).replace('.', ',');
}
