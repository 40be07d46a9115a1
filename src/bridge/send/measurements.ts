import type { Resource } from '../../fhir/resource.js';
import type { Concept } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { messageTime, millisecondsOf } from '../../mapping/message-time.js';

interface Quantity {
  readonly value?: number | string;
  readonly unit?: string;
  readonly code?: string;
}

const fortnight = 14 * 86_400_000;

/**
 * The patient's measurements of the last 14 days as lines, newest first: `2026-03-02 08:10 SpO2: 91 %`.
 *
 * @param most lines at the most
 */
export async function measurementLines(patient: string, view: View, most = 40): Promise<readonly string[]> {
  const since = new Date(view.now - fortnight).toISOString();
  const found = await view.search('Observation', `patient=Patient/${patient}&category=vital-signs&date=ge${since}`);
  return found
    .filter(({ status }) => status === 'final' || status === 'amended' || status === 'corrected')
    .map((one) => ({ one, at: timeOf(one) }))
    .filter(({ at }) => at !== undefined)
    .toSorted((a, b) => b.at! - a.at!)
    .slice(0, most)
    .flatMap(({ one, at }) => {
      const value = valueOf(one);
      const time = messageTime(at!).slice(0, 16).replace('T', ' ');
      return value === undefined ? [] : [`${time} ${nameOf(one.code)}: ${value}`];
    });
}

const timeOf = (observation: Resource): number | undefined => {
  const time = observation.effectiveDateTime ?? (observation.effectivePeriod as { end?: string } | undefined)?.end;
  return typeof time === 'string' ? millisecondsOf(time) : undefined;
};

const nameOf = (code: unknown): string => {
  const { text, coding } = (code ?? {}) as Concept;
  return text ?? coding?.find(({ display }) => display !== undefined)?.display ?? coding?.[0]?.code ?? 'Måling';
};

function valueOf(observation: Resource): string | undefined {
  const components = (observation.component ?? []) as readonly {
    readonly code?: unknown;
    readonly valueQuantity?: Quantity;
  }[];
  const own = quantity(observation.valueQuantity as Quantity | undefined);
  if (own !== undefined) return own;
  const parts = components.flatMap(({ code, valueQuantity }) => {
    const value = quantity(valueQuantity);
    return value === undefined ? [] : [`${nameOf(code)} ${value}`];
  });
  return parts.length === 0 ? undefined : parts.join(', ');
}

const quantity = (found: Quantity | undefined): string | undefined =>
  found?.value === undefined ? undefined : `${String(found.value)} ${found.unit ?? found.code ?? ''}`.trim();
