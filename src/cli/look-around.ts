import path from 'node:path';
import { demoClients } from '../config/demo.js';
import { demoPeople } from '../system/demo-people.js';

/** Where the server that is looked at answers, and its data folder. */
export interface Place {
  /** `http://localhost:8080/fhir`. */
  readonly base: string;
  readonly dataFolder: string;
}

/** What a person can try in a terminal, on a server with the demo world. */
export function lookAround({ base, dataFolder }: Place): string {
  const origin = base.replace(/\/fhir$/, '');
  const folder = path.resolve(dataFolder) === path.resolve('data') ? '' : `HJEMMEBRO_DATA=${dataFolder} `;
  const get = (query: string): string => `curl -s -H "Authorization: Bearer $TOKEN" '${base}/${query}'`;
  const falling = demoPeople[0]!;
  const tries = [
    ['Pasientene', get('Patient?_pretty=true')],
    ['Åpne varsler', get('DetectedIssue?status=preliminary&_sort=-identified&_pretty=true')],
    [
      'Arbeidslisten: røde og gule varsler som ingen har tatt',
      get('Task?code=handle-alert&status=requested&dho-colour=red,yellow&_pretty=true'),
    ],
    [
      `Oksygenmetningen til ${falling.given} (fødselsnummer aldri i en URL)`,
      `curl -s -H "Authorization: Bearer $TOKEN" '${base}/Observation/_search?_pretty=true' --data-urlencode 'patient.identifier=urn:oid:2.16.578.1.12.4.1.4.1|${falling.fnr}' --data-urlencode 'code=http://loinc.org|59408-5' --data-urlencode '_sort=date'`,
    ],
    ['Planene som gjelder', get('CarePlan?status=active&_elements=title,subject,status&_pretty=true')],
    [
      'En henvisning som melding; svaret er applikasjonskvitteringen',
      `curl -s -H "Authorization: Bearer $(${folder}npm run -s token -- hospital)" -H 'Content-Type: application/xml' --data-binary @mappings/examples/henvisning-nytilstand.xml ${origin}/messages/plo`,
    ],
  ] as const;
  return [
    '',
    'Demo: oppdiktede pasienter med fjorten dagers målinger.',
    ...demoPeople.map(({ given, family, about }) => `  ${`${given} ${family}`.padEnd(18)}${about}`),
    '',
    `Sidene for folk: ${origin}/ – logg inn som sykepleier, saksbehandler, fastlege, overlege eller innbygger.`,
    '',
    'Brukere (npm run -s token -- <navn>):',
    ...Object.values(demoClients).map(
      ({ id, name, person }) =>
        `  ${id.padEnd(14)}${name}${person === undefined ? '' : `, ${person.given} ${person.family}`}`,
    ),
    '',
    'Se deg om, i en annen terminal i samme mappe:',
    `  TOKEN=$(${folder}npm run -s token -- municipality)`,
    ...tries.flatMap(([what, command]) => [`  # ${what}`, `  ${command}`]),
    '',
    '',
  ].join('\n');
}
