import type { JSX } from 'preact';
import type { RuleSet } from '../../../followup/ruleset/grammar.js';
import { sectionsOf } from '../../../followup/plan/rule-set-text.js';
import type { Resource } from '../fhir/types.js';
import { ZoneColumns } from './zone-columns.js';

const zoneHeadings = new Set(['Grønn sone', 'Gul sone', 'Rød sone']);

/** The whole plan: the patient's own words side by side, then everything that is monitored. Its language is Norwegian. */
export function PlanText({ plan, rules }: { readonly plan: Resource; readonly rules: RuleSet }): JSX.Element {
  const sections = sectionsOf(plan as unknown as Parameters<typeof sectionsOf>[0], rules);
  return (
    <div class="plan-text stack" lang="nb">
      <ZoneColumns rules={rules} />
      <div class="plan-sections">
        {sections
          .filter(({ heading }) => !zoneHeadings.has(heading))
          .map(({ heading, lines }) => (
            <section key={heading}>
              <h3>{heading}</h3>
              <ul>
                {lines.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </section>
          ))}
      </div>
    </div>
  );
}
