import type { JSX } from 'preact';
import type { EbpZone, RuleSet } from '../../../followup/ruleset/grammar.js';
import { useApp } from '../app/context.js';
import { Sign } from '../app/signs.js';
import { zoneWords } from '../words/page-words.js';
import { planWords } from '../words/plan-words.js';

/** Green, yellow, red beside each other: how it shows itself, and what to do. In the words that the patient reads. */
export function ZoneColumns({
  rules,
  current,
}: {
  readonly rules: RuleSet;
  readonly current?: string | undefined;
}): JSX.Element {
  const { say } = useApp();
  return (
    <div class="zones">
      {(['green', 'yellow', 'red'] as const).map((zone) => {
        const { text, condition, action } = partsOf(rules.ebp?.[zone] as EbpZone | undefined);
        return (
          <section key={zone} class={`zone ${zone}`} aria-current={current === zone ? 'true' : undefined}>
            <h3>
              <Sign colour={zone} /> {say(zoneWords[zone])}
            </h3>
            {text !== undefined && <p lang="nb">{text}</p>}
            {condition !== undefined && (
              <>
                <h4>{say(planWords.condition)}</h4>
                <p lang="nb">{condition}</p>
              </>
            )}
            {action !== undefined && (
              <>
                <h4>{say(planWords.action)}</h4>
                <p lang="nb">{action}</p>
              </>
            )}
            {text === undefined && condition === undefined && action === undefined && (
              <p class="soft">{say(planWords.noZoneText)}</p>
            )}
          </section>
        );
      })}
    </div>
  );
}

function partsOf(zone: EbpZone | undefined): { text?: string; condition?: string; action?: string } {
  if (typeof zone === 'string') return { text: zone };
  return zone ?? {};
}
