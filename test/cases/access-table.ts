/**
 * Who sees what, as one table: client × relation to a patient × kind of resource, and every door through which data leaves.
 * `test/integration/access/table.test.ts` walks through all of it.
 */

/** What is kept of every patient. */
export const kinds = [
  'Patient',
  'EpisodeOfCare',
  'Condition',
  'Reading',
  'Survey',
  'Encounter',
  'Communication',
  'DocumentReference',
  'Provenance',
  'Binary',
  'Referral',
] as const;
export type Kind = (typeof kinds)[number];

export const typeOf = (kind: Kind): string =>
  kind === 'Reading' || kind === 'Survey' ? 'Observation' : kind === 'Referral' ? 'ServiceRequest' : kind;

export type Sight = 'all' | readonly Kind[];

/** Clients by name: a demo client, or a person of `callers.ts` with what the token says; `:patient` is the one asked about. */
export const clients = {
  admin: 'admin',
  centre: 'municipality',
  hospital: 'hospital',
  gp: 'gp',
  gateway: 'device',
  'another doctor of the GP’s office': { client_id: 'gp-people', hpr: '999000555' },
  'another gateway': { client_id: 'supplier', scope: 'system/*.cruds' },
  'another hospital': { client_id: 'other-hospital' },
  bydel: { client_id: 'other-municipality' },
  'emergency doctor': { client_id: 'legevakt', hpr: '999000777' },
  'emergency doctor’s colleague': { client_id: 'legevakt', hpr: '999000778' },
  'the patient': { client_id: 'app', patient: ':patient' },
  neighbour: { client_id: 'app', patient: ':neighbour' },
  parent: { client_id: 'app', pid: ':parent', scope: 'user/*.rs' },
  'another municipality': { client_id: 'other-tenant' },
} as const;
export type ClientName = keyof typeof clients;

/** They see nobody by any relation: a few relations are enough to see that. */
export const strangers: readonly ClientName[] = ['another gateway', 'emergency doctor’s colleague', 'neighbour'];

/** What the patient's own app and the administrator see is the same everywhere. */
const always = { admin: 'all', 'the patient': 'all' } as const;
/** A gateway sees what it delivered, nothing else. */
const served = { ...always, centre: 'all', gateway: ['Reading'] } as const;

/** A controller keeps sight of whom it registered, and a maker of its attachments. */
const kept: Sight = ['Patient', 'Binary'];

export interface Relation {
  readonly name: string;
  /** Who sees what now; who is not named sees nothing. */
  readonly now: Readonly<Partial<Record<ClientName, Sight>>>;
  /** … and when every relation that had ended has run out (RELATION_DAYS_AFTER_END); absent: the same. */
  readonly later?: Readonly<Partial<Record<ClientName, Sight>>>;
}

export const relations: readonly Relation[] = [
  { name: 'followed up by the centre', now: served },
  { name: 'on the list of a GP', now: { ...served, gp: 'all', 'another doctor of the GP’s office': 'all' } },
  { name: 'referred, not yet accepted', now: { ...served, hospital: ['Referral'] } },
  { name: 'referred and accepted', now: { ...served, hospital: 'all' } },
  { name: 'with a plan that the hospital answers for', now: { ...served, hospital: 'all' } },
  {
    name: 'admitted, and the service ended',
    now: { ...served, hospital: 'all' },
    later: { ...always, centre: kept, gateway: ['Reading'], hospital: 'all' },
  },
  {
    name: 'service ended',
    now: { ...served, hospital: 'all' },
    later: { ...always, centre: kept, gateway: ['Reading'], hospital: ['Referral'] },
  },
  { name: 'blocked from the office', now: served },
  { name: 'blocked from the GP alone', now: { ...served, 'another doctor of the GP’s office': 'all' } },
  { name: 'blocked from all', now: served },
  { name: 'covered by a bydel', now: { ...served, bydel: 'all' }, later: served },
  {
    name: 'opened in an emergency',
    now: { ...served, 'emergency doctor': 'all' },
    later: served,
  },
  {
    name: 'with consent',
    now: { ...served, 'another hospital': 'all', parent: 'all' },
    later: served,
  },
  { name: 'followed up by a bydel', now: { ...always, centre: ['Patient'], gateway: ['Reading'], bydel: 'all' } },
  { name: 'of another data controller', now: { admin: 'all', 'another municipality': 'all' } },
];

/** A way to ask about one patient. `{Kind}` is the id of that, `{word Kind}` the word in it, `{number}` the identity number. */
export interface Door {
  readonly name: string;
  /** What must be visible for the door to show `shows`. */
  readonly shows: readonly Kind[];
  readonly needs?: readonly Kind[];
  readonly method?: string;
  readonly place: string;
  /** Of a POST `_search`. */
  readonly form?: string;
  readonly body?: object;
  /** It counts instead of showing. */
  readonly counts?: true;
  /** It changes what it finds: tried only where nothing may be found. */
  readonly changes?: true;
  /** It shows more kinds than it is named for. */
  readonly broad?: true;
  /** It is not meant for every caller; whoever may not use it learns nothing by it. */
  readonly optional?: true;
}

const get = (url: string): object => ({ request: { method: 'GET', url } });
const bundle = (type: string, ...entry: object[]): object => ({ resourceType: 'Bundle', type, entry });

/** Kinds that every door by id is tried with; the others go the same ways. */
const fully: readonly Kind[] = ['Patient', 'Condition', 'Binary', 'Referral'];

const byId = kinds.flatMap((kind): Door[] => {
  const [type, shows] = [typeOf(kind), [kind]];
  const most: Door[] = [
    { name: `read ${kind}`, shows, place: `${type}/{${kind}}` },
    { name: `search ${kind} by _id`, shows, place: `${type}?_id={${kind}}` },
  ];
  if (!fully.includes(kind)) return most;
  return [
    ...most,
    { name: `vread ${kind}`, shows, place: `${type}/{${kind}}/_history/1` },
    { name: `history of ${kind}`, shows, place: `${type}/{${kind}}/_history` },
  ];
});

const condition: readonly Kind[] = ['Condition'];
const both: readonly Kind[] = ['Condition', 'Patient'];

export const doors: readonly Door[] = [
  ...byId,
  { name: 'search by patient', shows: condition, place: 'Condition?patient={Patient}' },
  { name: 'search in a body', shows: condition, place: 'Condition/_search', form: 'patient=Patient/{Patient}' },
  {
    name: 'sorted, in part',
    shows: condition,
    place: 'Condition?patient={Patient}&_sort=-_lastUpdated&_elements=code',
  },
  { name: 'total', shows: condition, counts: true, place: 'Condition?patient={Patient}&_total=accurate' },
  { name: 'count', shows: condition, counts: true, place: 'Condition?patient={Patient}&_summary=count' },
  { name: 'text', shows: condition, place: 'Condition?_content={word Condition}' },
  { name: 'filter', shows: condition, place: 'Condition?_filter=patient%20eq%20Patient/{Patient}' },
  { name: 'chain', shows: condition, needs: both, place: 'Condition?patient.name={word Patient}' },
  {
    name: 'chain by number',
    shows: condition,
    needs: both,
    place: 'Condition/_search',
    form: 'patient.identifier={number}',
  },
  { name: 'Patient by number', shows: ['Patient'], place: 'Patient/_search', form: 'identifier={number}' },
  { name: 'Patient by name', shows: ['Patient'], place: 'Patient?name={word Patient}' },
  { name: 'reverse chain', shows: ['Patient'], needs: both, place: 'Patient?_has:Condition:patient:_id={Condition}' },
  { name: 'include', shows: ['Patient'], needs: both, place: 'Condition?_id={Condition}&_include=Condition:patient' },
  { name: 'revinclude', shows: condition, needs: both, place: 'Patient?_id={Patient}&_revinclude=Condition:patient' },
  {
    name: 'iterated include',
    shows: ['Patient'],
    needs: ['Provenance', 'Condition', 'Patient'],
    place: 'Provenance?_id={Provenance}&_include=Provenance:target&_include:iterate=Condition:patient',
  },
  { name: 'compartment', shows: condition, needs: both, place: 'Patient/{Patient}/Condition' },
  { name: 'whole compartment', broad: true, shows: condition, needs: both, place: 'Patient/{Patient}/*?_count=500' },
  {
    name: 'system search',
    shows: condition,
    needs: ['Condition', 'Encounter'],
    place: '?_type=Condition,Encounter&_id={Condition}',
  },
  {
    name: 'batch read',
    shows: condition,
    method: 'POST',
    place: '',
    body: bundle('batch', get('Condition/{Condition}')),
  },
  {
    name: 'transaction search',
    shows: condition,
    method: 'POST',
    place: '',
    body: bundle('transaction', get('Condition?_id={Condition}')),
  },
  { name: '$everything', shows: condition, needs: both, place: 'Patient/{Patient}/$everything?_count=500' },
  { name: '$lastn', shows: ['Reading'], place: 'Observation/$lastn?patient={Patient}&code=59408-5' },
  {
    name: '$stats',
    shows: ['Reading'],
    counts: true,
    optional: true,
    place:
      'Observation/$stats?subject=Patient/{Patient}&code=59408-5&system=http://loinc.org&duration=24&statistic=count',
  },
  { name: '$dho-summary', shows: ['Patient'], optional: true, place: 'Patient/{Patient}/$dho-summary' },
  { name: '$access-log', shows: ['Patient'], counts: true, optional: true, place: 'Patient/{Patient}/$access-log' },
  {
    name: '$protected-address',
    shows: ['Patient'],
    counts: true,
    optional: true,
    place: 'Patient/{Patient}/$protected-address',
  },
  {
    name: '$graphql',
    shows: condition,
    place: `$graphql?query=${encodeURIComponent('{ Condition(id: "@") { code { text } } }').replace('%40', '{Condition}')}`,
  },
  {
    name: '$graphql by reference',
    shows: condition,
    needs: both,
    place: `Patient/{Patient}/$graphql?query=${encodeURIComponent('{ ConditionList(_reference: patient) { code { text } } }')}`,
  },
  { name: '$meta', shows: condition, counts: true, place: 'Condition/{Condition}/$meta' },
  { name: '$validate', shows: condition, counts: true, place: 'Condition/{Condition}/$validate' },
  {
    name: '$lab-report',
    shows: [],
    changes: true,
    method: 'POST',
    place: 'Patient/{Patient}/$lab-report',
    body: { resourceType: 'Parameters', parameter: [{ name: 'start', valueDate: '2026-03-02' }] },
  },
  { name: 'delete', shows: [], changes: true, method: 'DELETE', place: 'Condition/{Condition}' },
  { name: 'delete by criteria', shows: [], changes: true, method: 'DELETE', place: 'Condition?_id={Condition}' },
  {
    name: '$meta-add',
    shows: [],
    changes: true,
    method: 'POST',
    place: 'Condition/{Condition}/$meta-add',
    body: { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'x' }] } }] },
  },
  {
    name: '$pause',
    shows: [],
    changes: true,
    method: 'POST',
    place: 'EpisodeOfCare/{EpisodeOfCare}/$pause',
    body: { resourceType: 'Parameters' },
  },
  {
    name: 'transaction delete',
    shows: [],
    changes: true,
    method: 'POST',
    place: '',
    body: bundle('transaction', { request: { method: 'DELETE', url: 'Condition/{Condition}' } }),
  },
];

/** Ways to ask for everybody at once, and the kinds that they show. */
export const lists: readonly {
  readonly place: string;
  readonly shows: readonly Kind[];
  readonly needs?: readonly Kind[];
}[] = [
  { place: 'Condition?_count=1000', shows: condition },
  { place: 'Condition?_count=1000&_sort=-_lastUpdated', shows: condition },
  { place: 'Condition?_count=1000&_include=Condition:patient', shows: condition },
  { place: 'Condition/_history?_count=1000', shows: condition },
  { place: '_history?_count=1000', shows: condition },
  { place: 'Patient?_count=1000&_revinclude=Condition:patient', shows: condition, needs: both },
  { place: 'Patient?_has:Condition:patient:code:text=kanari&_count=1000', shows: ['Patient'], needs: both },
  { place: '?_type=Patient,Condition&_count=1000', shows: both },
  {
    place: `$graphql?query=${encodeURIComponent('{ ConditionList(_count: 1000) { id code { text } subject { resource { id } } } }')}`,
    shows: condition,
  },
  { place: 'Observation?_count=1000', shows: ['Reading', 'Survey'] },
  { place: 'Condition?_text=kanari&_count=1000', shows: condition },
  { place: 'Condition?_total=accurate&_count=1000&_elements=code', shows: [] },
  { place: 'Task?_count=1000&_include=*', shows: [] },
  { place: 'AuditEvent?_count=1000', shows: [] },
  { place: 'Task/$overview', shows: [] },
  { place: 'Task/$meeting-list', shows: [] },
];

/** Tokens of the centre whose scopes narrow what its relations let it see: what is seen of the first relation, and of others. */
export const narrowed: readonly {
  readonly name: string;
  readonly scope: string;
  /** The token is about the patient of the first relation. */
  readonly launched?: true;
  readonly first: readonly Kind[];
  readonly others: readonly Kind[];
}[] = [
  {
    name: 'surveys alone',
    scope: 'user/Patient.rs user/Observation.rs?category=survey user/Subscription.cruds',
    first: ['Patient', 'Survey'],
    others: ['Patient', 'Survey'],
  },
  { name: 'diagnoses alone', scope: 'user/Condition.rs', first: ['Condition'], others: ['Condition'] },
  {
    name: 'one patient',
    scope: 'patient/*.rs',
    launched: true,
    first: kinds.filter((kind) => kind !== 'Referral'),
    others: [],
  },
  {
    name: 'readings of one patient',
    scope: 'patient/Patient.rs patient/Observation.rs?code=http://loinc.org|59408-5',
    launched: true,
    first: ['Patient', 'Reading'],
    others: [],
  },
];
