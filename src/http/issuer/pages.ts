/** The issuer's pages: plain HTML in Norwegian, without a script, usable by keyboard and screen reader. */
import type { IssuerUser } from '../../config/demo-users.js';
import type { ChoosablePatient } from './issuer-parts.js';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} – Hjemmebro</title>
<link rel="stylesheet" href="/auth/style.css">
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** @param failed what went wrong with the last attempt */
export function loginPage(users: readonly IssuerUser[], client: string, action: string, failed?: string): string {
  const choices = users.map(
    ({ id, name, about }) =>
      `<div class="choice"><input type="radio" name="user" id="${escaped(id)}" value="${escaped(id)}" required>
<label for="${escaped(id)}"><strong>${escaped(name)}</strong>, ${escaped(about)}</label></div>`,
  );
  return page(
    'Logg inn',
    `${failed === undefined ? '' : `<p class="failed" role="alert">${escaped(failed)}</p>`}
<p>Du logger inn i <strong>${escaped(client)}</strong>. Dette er en utsteder for utvikling: personene er oppdiktet og har ikke passord.</p>
<form method="post" action="${escaped(action)}">
<fieldset>
<legend>Hvem er du?</legend>
${choices.join('\n')}
</fieldset>
<p><button type="submit" name="answer" value="yes">Logg inn</button>
<button type="submit" name="answer" value="no" formnovalidate class="plain">Avbryt</button></p>
</form>`,
  );
}

export interface ConsentQuestion {
  readonly client: string;
  readonly user: string;
  readonly scopes: readonly string[];
  readonly action: string;
  /** To choose from, where the app asks for a patient that nobody has named. */
  readonly patients?: readonly ChoosablePatient[];
}

export function consentPage({ client, user, scopes, action, patients }: ConsentQuestion): string {
  const choice =
    patients === undefined
      ? ''
      : `<fieldset><legend>Hvilken pasient gjelder det?</legend>
${patients.length === 0 ? '<p>Det er ingen pasienter som du har tilgang til.</p>' : patients.map(patientChoice).join('\n')}
</fieldset>`;
  return page(
    'Gi tilgang',
    `<p>Du er <strong>${escaped(user)}</strong>. <strong>${escaped(client)}</strong> ber om å få:</p>
<ul>
${scopes.map((scope) => `<li>${escaped(scopeInWords(scope))} <code>${escaped(scope)}</code></li>`).join('\n')}
</ul>
<form method="post" action="${escaped(action)}">
${choice}
<p><button type="submit" name="answer" value="yes"${patients?.length === 0 ? ' disabled' : ''}>Gi tilgang</button>
<button type="submit" name="answer" value="no" formnovalidate class="plain">Avbryt</button></p>
</form>`,
  );
}

const patientChoice = ({ id, name, born }: ChoosablePatient): string =>
  `<div class="choice"><input type="radio" name="patient" id="p-${escaped(id)}" value="${escaped(id)}" required>
<label for="p-${escaped(id)}"><strong>${escaped(name)}</strong>${born === undefined ? '' : `, født ${escaped(born)}`}</label></div>`;

const plain: Readonly<Record<string, string>> = {
  openid: 'vite hvem du er',
  profile: 'vite hva du heter',
  fhirUser: 'vite hvilken oppføring du har i registeret',
  offline_access: 'ha tilgang også når du ikke er til stede',
  online_access: 'ha tilgang så lenge du er logget inn',
  launch: 'vite hva som er åpent i systemet du kom fra',
  'launch/patient': 'vite hvilken pasient det gjelder',
};
const verbs: Readonly<Record<string, string>> = {
  c: 'opprette',
  r: 'lese',
  u: 'endre',
  d: 'slette',
  s: 'søke etter',
  read: 'lese og søke etter',
  write: 'opprette, endre og slette',
  '*': 'lese og endre',
};

function scopeInWords(scope: string): string {
  if (plain[scope] !== undefined) return plain[scope];
  const [, level, type, letters = ''] = /^(patient|user|system)\/([^.]+)\.([a-z*]+)/.exec(scope) ?? [];
  const what = verbs[letters] ?? [...letters].map((letter) => verbs[letter] ?? letter).join(', ');
  const whose = level === 'patient' ? 'for den ene pasienten' : 'som du selv har tilgang til';
  return `${what} ${type === '*' ? 'alle opplysninger' : type} ${whose}`;
}

export function failurePage(error: string, description?: string): string {
  return page(
    'Det gikk ikke',
    `<p role="alert">Forespørselen kunne ikke utføres: <code>${escaped(error)}</code>${description === undefined ? '' : `, ${escaped(description)}`}.</p>
<p>Gå tilbake til programmet du kom fra, og prøv igjen.</p>`,
  );
}

/** @param form the hidden form of oidc-provider */
export function logoutPage(form: string): string {
  return page(
    'Logg ut',
    `<p>Vil du logge ut?</p>
${form}
<p><button type="submit" form="op.logoutForm" name="logout" value="yes">Logg ut</button>
<button type="submit" form="op.logoutForm" class="plain">Forbli innlogget</button></p>`,
  );
}

export const loggedOutPage = (): string => page('Logget ut', '<p>Du er logget ut. Du kan lukke vinduet.</p>');

export const styleSheet = `:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem; }
fieldset { border: 1px solid #767676; border-radius: .375rem; padding: .5rem 1rem; }
.choice { display: flex; gap: .75rem; align-items: baseline; padding: .375rem 0; }
.choice input { width: 1.25rem; height: 1.25rem; flex: none; }
button { font: inherit; padding: .5rem 1.25rem; border-radius: .375rem; border: 2px solid #0b5394; background: #0b5394; color: #fff; }
button.plain { background: #fff; color: #0b5394; }
button:focus-visible, input:focus-visible { outline: 3px solid #e69138; outline-offset: 2px; }
code { overflow-wrap: anywhere; font-size: .875em; }
.failed { border-left: .375rem solid #b00020; padding-left: .75rem; }
`;
