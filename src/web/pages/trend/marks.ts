import { alertOf } from '../../../followup/projection/alert-element.js';
import { type Colour, colourOf, timeOf } from '../fhir/reading.js';
import type { DetectedIssue } from '../fhir/types.js';
import type { PlanVersion } from './plan-versions.js';
import type { Series } from './series.js';

/** An alert as a mark in time. */
export interface Mark {
  readonly issue: DetectedIssue;
  readonly at: number;
  readonly colour: Colour;
  readonly title: string;
  readonly rule: string | undefined;
}

/** Alerts that may be drawn, oldest first. */
export const marksOf = (issues: readonly DetectedIssue[]): readonly Mark[] =>
  issues
    .flatMap((issue): Mark[] => {
      const at = timeOf(issue.identifiedDateTime);
      const colour = colourOf(issue);
      if (at === undefined || colour === undefined) return [];
      const rule = alertOf(issue as unknown as Parameters<typeof alertOf>[0])?.rule;
      return [{ issue, at, colour, title: issue.code?.text ?? issue.detail ?? '', rule }];
    })
    .toSorted((a, b) => a.at - b.at);

/** Which chart a mark belongs to: by what it was found in, by its rule, or by the name of what is missing. */
export function seriesOf(mark: Mark, series: readonly Series[], versions: readonly PlanVersion[]): string | undefined {
  const sources = new Set((mark.issue.implicated ?? []).map(({ reference }) => reference));
  const bySource = series.find(({ readings }) => readings.some(({ source }) => sources.has(source)));
  if (bySource !== undefined) return bySource.key;
  for (const { rules } of versions.toReversed()) {
    const rule = rules.rules.find(({ id }) => id === mark.rule);
    if (rule !== undefined && 'measure' in rule) return series.find(({ key }) => key === rule.measure)?.key;
    const schedule = rules.schedules.find(({ id }) => mark.rule?.includes(id));
    const found = schedule && series.find(({ key }) => key === schedule.for);
    if (found !== undefined) return found.key;
  }
  return undefined;
}
