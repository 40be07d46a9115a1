import type { JSX } from 'preact';
import type { RuleSet } from '../../../followup/ruleset/grammar.js';
import { sectionsOf } from '../../../followup/plan/rule-set-text.js';
import type { FormNames } from '../../../followup/plan/rule-words.js';
import { useApp } from '../app/context.js';
import type { Resource } from '../fhir/types.js';
import { planWords } from '../words/plan-words.js';
import { ZoneColumns } from './zone-columns.js';

const zoneHeadings = new Set(['Grønn sone', 'Gul sone', 'Rød sone']);

/** The whole plan: the patient's own words side by side, then everything that is monitored. Its language is Norwegian. */
export function PlanText({
  plan,
  rules,
  forms,
}: {
  readonly plan: Resource;
  readonly rules: RuleSet;
  readonly forms?: FormNames;
}): JSX.Element {
  const { say } = useApp();
  const sections = sectionsOf(plan as unknown as Parameters<typeof sectionsOf>[0], rules, forms);
  return (
    <div class="plan-text stack">
      <ZoneColumns rules={rules} />
      <h2>{say(planWords.monitored)}</h2>
      <div class="plan-sections" lang="nb">
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
