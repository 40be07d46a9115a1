/** The pages for people, in a real browser, against a server with the demo world. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { root } from '../architecture/source-files.js';
import { chromiumPath, launchChromium } from '../support/chromium.js';
import { type RunningServer, startServer } from '../support/server.js';

type Json = Record<string, any>; // eslint-disable-line

const screenshots = path.join(root, 'screenshots');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sizes = { narrow: { width: 360, height: 740 }, wide: { width: 1440, height: 1000 } } as const;

let server: RunningServer;
let origin: string;
let browser: Browser;
/** What the browser complained about, the content security policy among it. */
const complaints: string[] = [];

if (chromiumPath === undefined) {
  test('without Chromium the pages are not tried in a browser', () => {
    console.warn(
      'NOTICE: no Chromium on this machine; test/e2e/pages.test.ts looked at no page. apt-get install chromium',
    );
    expect(chromiumPath).toBeUndefined();
  });
} else {
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    // Each is kept as soon as it is there: what did start must be ended where the other did not.
    await Promise.all([
      startServer({ words: ['--demo'] }).then((one) => (server = one)),
      launchChromium().then((one) => (browser = one)),
    ]);
    // Where the issuer is: the server's own name for itself.
    origin = server.origin.replace('127.0.0.1', 'localhost');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  pages();
}

async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'nb-NO', viewport: sizes.wide, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|TrustedHTML|TrustedScript/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  return page;
}

/** Opens a page of ours as that user, through the issuer's login. */
async function open(user: string, where: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const page = await newPage(options);
  await page.goto(`${origin}${where}`);
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await answerIssuer(page, user);
  return page;
}

async function answerIssuer(page: Page, user: string): Promise<void> {
  await page.locator(`input[value="${user}"]`).check();
  await page.locator('button[value="yes"]').click();
  // Nobody is asked whether our own pages may have what they show, not at a launch either.
  await page.locator('.who').waitFor();
}

async function fhir(client: Parameters<RunningServer['request']>[0], where: string, body?: object): Promise<Json> {
  const answer = await server.request(client, where, body === undefined ? {} : { method: 'POST', body });
  const json = (await answer.json()) as Json;
  if (!answer.ok) throw new Error(JSON.stringify(json));
  return json;
}

const patientNamed = async (family: string): Promise<Json> =>
  (await fhir('municipality', `Patient?family=${encodeURIComponent(family)}`)).entry[0].resource;

/** Every kind of question that the shipped form has none of. */
const moreQuestions = [
  {
    linkId: 'inhaler',
    text: 'Tar du inhalasjonsmedisinen som avtalt?',
    type: 'choice',
    answerOption: [
      { valueCoding: { code: 'always', display: 'Alltid' } },
      { valueCoding: { code: 'seldom', display: 'Av og til' } },
    ],
  },
  {
    linkId: 'hours',
    text: 'Hvor mange timer sov du?',
    type: 'decimal',
    enableWhen: [{ question: 'dyspnoea', operator: '=', answerBoolean: true }],
  },
  {
    linkId: 'since',
    text: 'Hvor lenge har fargen vært slik?',
    type: 'string',
    required: true,
    enableWhen: [{ question: 'sputumColour', operator: '=', answerBoolean: true }],
  },
  {
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/minValue', valueInteger: 0 },
      { url: 'http://hl7.org/fhir/StructureDefinition/maxValue', valueInteger: 10 },
    ],
    linkId: 'tired',
    text: 'Hvor sliten er du, fra 0 til 10?',
    type: 'integer',
  },
];

let readings = 0;
const reading = async (patient: Json, value: number): Promise<Json> =>
  fhir('device', 'Observation', {
    resourceType: 'Observation',
    status: 'final',
    identifier: [{ system: 'http://maleutstyr.example/maling', value: `browser-${(readings += 1)}` }],
    code: { coding: [{ system: 'http://loinc.org', code: '59408-5' }], text: 'Oksygenmetning' },
    subject: { identifier: patient.identifier[0] },
    effectiveDateTime: new Date().toISOString(),
    valueQuantity: { value, unit: '%', system: 'http://unitsofmeasure.org', code: '%' },
  });

/** Serious findings of axe-core, in light and dark, narrow and wide; a screenshot of each. */
async function lookThrough(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await page.waitForTimeout(150);
      await page.screenshot({ path: path.join(screenshots, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      await page.evaluate(axeSource);
      const found = await page.evaluate(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
          violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => id + ': ' + nodes.map(({ target, failureSummary }) => target.join(' ') + ' ' + failureSummary).join(' | ')))`,
      );
      expect({ name, size, colorScheme, found }).toEqual({ name, size, colorScheme, found: [] });
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect({ name, size, overflow }).toEqual({ name, size, overflow: 0 });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(sizes.wide);
}

const closeAll = (page: Page): Promise<void> => (page.context() as BrowserContext).close();

function pages(): void {
  test('the trend shows zone, plan, last values, curves with alerts that tell their story, text and table', async () => {
    const astrid = await patientNamed('Prøvesen');
    const page = await open('demo-user-hospital', `/trend?patient=${astrid.id}`);
    await page.getByRole('heading', { name: 'Astrid Prøvesen' }).waitFor();
    expect(await page.locator('.patient-head').innerText()).toMatch(/Rød sone[\s\S]*KOLS[\s\S]*Godkjent[\s\S]*89/);
    expect(await page.locator('.words').innerText()).toMatch(
      /Oksygenmetning: median \d+ % siste 14 dager\. Lavest 89, høyest 95/,
    );
    const chart = page.getByRole('img', { name: /^Oksygenmetning, \d+ målinger/ });
    await chart.waitFor();
    expect(await page.locator('.uplot canvas').count()).toBeGreaterThan(0);
    await page.locator('.mark[aria-label*="Oksygenmetning"]').first().click();
    await page.getByRole('dialog').getByText('Oppdaget').waitFor();
    expect(await page.getByRole('dialog').innerText()).toContain('Alvoret økte til rød');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Tabell' }).click();
    expect(await page.locator('table.readings tbody tr').first().innerText()).toContain('89');
    await page.getByRole('button', { name: 'Kurver' }).click();
    await page.getByRole('button', { name: '7 dager' }).click();
    expect(page.url()).not.toMatch(/\d{11}/);
    await lookThrough(page, 'trend');
    // Paper says who it is, and when instead of how long ago.
    await page.emulateMedia({ media: 'print' });
    await page.getByText('Født 4. apr. 1950').waitFor();
    expect(await page.locator('.latest').innerText()).not.toContain('siden');
    await page.emulateMedia({ media: 'screen' });
    const pdf = await page.pdf({ path: path.join(screenshots, 'trend.pdf'), format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PDF til journal' }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/^oppfolging-\d{4}-\d\d-\d\d\.pdf$/);
    expect(
      readFileSync(await file.path())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    await closeAll(page);
  });

  test('what happened in hospital and during a pause is marked; a patient is found by number without it in the address', async () => {
    const page = await open('demo-user-nurse', '/trend');
    await page.getByLabel(/fødselsnummer/).fill('23884440092');
    await page.getByRole('button', { name: 'Finn pasient' }).click();
    await page.getByRole('link', { name: 'Bjørn Testberg' }).click();
    await page.getByRole('img', { name: /^Oksygenmetning/ }).waitFor();
    expect(page.url()).not.toContain('23884440092');
    await page.screenshot({ path: path.join(screenshots, 'trend-admission.png'), fullPage: true });
    // A new reading comes into the open page by itself.
    await page.getByText('Oppdateres fortløpende').waitFor();
    await page.evaluate('window.sameDocument = true');
    await reading(await patientNamed('Testberg'), 97);
    await page.locator('.latest li', { hasText: 'Oksygenmetning' }).getByText('97').waitFor();
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    await page.locator('.settings select').first().selectOption('en');
    await page.getByRole('button', { name: '90 days' }).waitFor();
    await page.locator('.settings select').first().selectOption('nn');
    await page.getByRole('button', { name: '90 dagar' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('nn');
    await closeAll(page);
  });

  test('a new alert comes into the list by itself; of two nurses who take it, the second is told who has it', async () => {
    const solveig = await patientNamed('Demodal');
    const siri = await open('demo-user-nurse', '/varsler');
    const tor = await open('demo-user-caseworker', '/varsler');
    await Promise.all([siri, tor].map((page) => page.getByText('Oppdateres fortløpende').waitFor()));
    await lookThrough(siri, 'alerts');
    await siri.getByLabel('Bydel').selectOption('Sentrum');
    await siri.locator('.row', { hasText: 'Solveig' }).first().waitFor({ state: 'detached' });
    expect(await siri.locator('.row', { hasText: 'Astrid' }).count()).toBeGreaterThan(0);
    await siri.getByLabel('Bydel').selectOption('');
    await siri.evaluate('window.sameDocument = true');
    await reading(solveig, 88);
    const row = (page: Page) => page.locator('.row', { hasText: 'Oksygenmetning 88' });
    await Promise.all([siri, tor].map((page) => row(page).waitFor()));
    expect(await siri.evaluate('window.sameDocument')).toBe(true);
    expect(await siri.locator('.rows .row').first().innerText()).toContain('Rød');
    await Promise.all([siri, tor].map((page) => row(page).click()));
    // Tor's page does not hear of it before he presses: both saw it free.
    await tor.route('**/fhir/Task/_search', (route) => route.abort());
    await siri.keyboard.press('t');
    await siri.getByText('Du har tatt varselet.').waitFor();
    await tor.keyboard.press('t');
    await tor.getByText('Siri Testsykepleier har allerede tatt dette varselet.').waitFor();
    await tor.unroute('**/fhir/Task/_search');

    await siri.keyboard.press('n');
    await siri.getByLabel('Hva ble sagt?').fill('Tungpustet siden i natt.');
    await siri.getByRole('button', { name: 'Lagre' }).click();
    await siri.getByText('Notatet er lagret.').waitFor();
    await siri.locator('.detail', { hasText: 'Tungpustet siden i natt.' }).waitFor();
    await siri.keyboard.press('l');
    await siri.getByRole('button', { name: 'Ringte pasienten: som vanlig.' }).click();
    await siri.getByRole('dialog').getByRole('button', { name: 'Lukk', exact: true }).last().click();
    await siri.getByText('Varselet er lukket.').waitFor();
    await siri.getByRole('button', { name: 'Kopier til journal' }).click();
    await siri.getByText('Kopiert til journal.').waitFor();
    await row(siri).waitFor({ state: 'detached' });
    await row(tor).waitFor({ state: 'detached' });
    await closeAll(tor);
    await siri.goto(`${origin}/moteliste`);
    await siri.getByRole('link', { name: 'Astrid Prøvesen' }).waitFor();
    await lookThrough(siri, 'meeting');
    await closeAll(siri);
  });

  test('the whole list is worked by keyboard: moving, passing on', async () => {
    const page = await open('demo-user-nurse', '/varsler');
    await page.locator('.row[aria-current]').waitFor();
    const before = await page.locator('.row[aria-current]').innerText();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.row[aria-current]').innerText()).not.toBe(before);
    await page.keyboard.press('g');
    await page.getByRole('dialog').getByRole('combobox').selectOption({ label: 'Sykepleietjeneste' });
    await page.getByLabel('Hva bør de vite?').fill('Kan dere se innom?');
    await page.getByRole('dialog').getByRole('button', { name: 'Gi videre' }).click();
    await page.getByText('Gitt videre.').waitFor();
    await closeAll(page);
  });

  test('the GP follows a link, sees what is new and that it is what was sent, and approves in three clicks', async () => {
    const harald = await patientNamed('Syntetisk');
    const [current] = (await fhir('municipality', `CarePlan?patient=${harald.id}&status=active`)).entry;
    const draft = await fhir('municipality', `CarePlan/${current.resource.id}/$revise`, {
      resourceType: 'Parameters',
      parameter: [],
    });
    // As text, so that its decimals stay as they were written.
    const text = await (await server.request('municipality', `CarePlan/${draft.id}`)).text();
    const changed = await server.request('municipality', `CarePlan/${draft.id}`, {
      method: 'PUT',
      body: text.replace('Vekten er stabil og pusten som vanlig.', 'Vekten er som vanlig, og jeg sover flatt.'),
      headers: { 'if-match': `W/"${draft.meta.versionId}"`, 'content-type': 'application/fhir+json' },
    });
    expect(changed.status).toBe(200);
    await fhir('municipality', `CarePlan/${draft.id}/$submit-for-approval`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'note', valueString: 'Haralds egne ord i grønn sone er nye.' },
        { name: 'override', valueString: 'Som avtalt i møtet.' },
      ],
    });
    const page = await open('demo-user-gp', `/plan?plan=${draft.id}`);
    await page.getByText('Det du ser, er det som godkjennes.').first().waitFor();
    expect(await page.locator('.changes li').count()).toBe(1);
    expect(await page.locator('.changes').innerText()).toContain('jeg sover flatt');
    expect(await page.locator('.zones .zone').count()).toBe(3);
    expect(await page.locator('.notice.warn li').allInnerTexts()).toEqual([
      'Planen sier ikke hvem som tar røde varsler utenom åpningstiden.',
    ]);
    await page.getByRole('img', { name: /^Vekt/ }).waitFor();
    await lookThrough(page, 'plan');
    await page.getByRole('button', { name: 'Godkjenn', exact: true }).click();
    await page.getByRole('button', { name: 'Godkjenn planen' }).click();
    await page.getByText('Planen er godkjent og gjelder fra nå.').waitFor();
    expect((await fhir('municipality', `CarePlan/${draft.id}`)).status).toBe('active');
    await closeAll(page);
  });

  test('a plan that was changed after it was sent cannot be approved; a nurse cannot approve', async () => {
    const liv = await patientNamed('Fiktivsen');
    const [current] = (await fhir('municipality', `CarePlan?patient=${liv.id}&status=active`)).entry;
    const draft = await fhir('municipality', `CarePlan/${current.resource.id}/$revise`, {
      resourceType: 'Parameters',
      parameter: [],
    });
    await fhir('municipality', `CarePlan/${draft.id}/$submit-for-approval`, {
      resourceType: 'Parameters',
      parameter: [{ name: 'override', valueString: 'Som avtalt i møtet.' }],
    });
    const gp = await open('demo-user-gp', '/plan');
    await gp.getByRole('link', { name: 'Liv Fiktivsen' }).click();
    await gp.getByRole('button', { name: 'Foreslå endring' }).click();
    await gp.getByLabel('Hva bør være annerledes?').fill('Grensen for gul sone kan være 1,5 kg.');
    await gp.getByRole('button', { name: 'Send' }).click();
    await gp.getByText('Svaret er sendt til senteret.').waitFor();
    await server.request('municipality', `CarePlan/${draft.id}`, {
      method: 'PUT',
      body: { ...draft, title: 'Endret i stillhet' },
      headers: { 'if-match': `W/"${draft.meta.versionId}"` },
    });
    await gp.reload();
    await gp.getByText(/Planen er endret etter at den ble sendt/).waitFor();
    expect(await gp.getByRole('button', { name: 'Godkjenn', exact: true }).isDisabled()).toBe(true);
    await closeAll(gp);
    const tor = await open('demo-user-caseworker', `/plan?plan=${draft.id}`);
    await tor.getByText('Godkjenning krever innlogging med HPR-nummer').waitFor();
    expect(await tor.getByRole('button', { name: 'Godkjenn', exact: true }).isDisabled()).toBe(true);
    await closeAll(tor);
  });

  test('a referral is asked about, then accepted', async () => {
    const page = await open('demo-user-caseworker', '/henvisninger');
    await page.locator('.row.referral', { hasText: 'Knut Prøvestad' }).waitFor();
    await lookThrough(page, 'referrals');
    await page.getByRole('button', { name: 'Spør henviser' }).click();
    await page.getByLabel('Hva trenger dere å vite?').fill('Har pasienten nettbrett?');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Spørsmålet er sendt.').waitFor();
    await page.locator('.row.referral', { hasText: 'Venter på svar fra henviser' }).waitFor();
    await page.getByRole('button', { name: 'Godta' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Godta' }).click();
    await page.getByText('Henvisningen er godtatt').waitFor();
    await page.getByText('Ingen henvisninger venter på svar.').waitFor();
    await closeAll(page);
  });

  test('the patient sees zone, plan and the tasks of today, and sends a reading by hand', async () => {
    const page = await open('demo-user-astrid', '/min-side');
    await page.getByRole('heading', { name: 'Hei, Astrid' }).waitFor();
    expect(await page.locator('.zone-now').innerText()).toContain('Rød sone');
    expect(await page.locator('.tasks li').count()).toBeGreaterThan(0);
    await lookThrough(page, 'own');
    await page.getByRole('button', { name: 'Skriv inn kroppstemperatur' }).last().click();
    await page.getByRole('textbox', { name: /Kroppstemperatur/ }).fill('37,4');
    await page.getByRole('button', { name: 'Send inn' }).click();
    await page.getByText(/Målingen ble mottatt kl\. \d\d[.:]\d\d/).waitFor();
    await page.getByText(/Kroppstemperatur: median 37,4/).waitFor();
    const looked = page.locator('section', {
      has: page.getByRole('heading', { name: 'Hvem har sett mine opplysninger' }),
    });
    await looked.locator('li').first().waitFor();
    expect(await looked.innerText()).toMatch(
      /Siri Testsykepleier, FJORDHEIM KOMMUNE[\s\S]*søkte i [a-zæøå, ]*oppgaver/,
    );
    expect(await looked.locator('> .visits').innerText()).not.toContain('Astrid');
    await closeAll(page);
  });

  test('the patient answers the form of the day, with the questions that its answers lead to, and the rules judge it', async () => {
    const astrid = await patientNamed('Prøvesen');
    const [stored] = (await fhir('municipality', 'Questionnaire?url=http://hjemmebro.no/fhir/Questionnaire/kols-daily'))
      .entry;
    await server.request('admin', `Questionnaire/${stored.resource.id}`, {
      method: 'PUT',
      body: { ...stored.resource, item: [...stored.resource.item, ...moreQuestions] },
    });
    const page = await open('demo-user-astrid', '/min-side', { viewport: sizes.narrow });
    const task = page.locator('.tasks li', { hasText: 'Daglig spørreskjema' });
    await task.getByRole('button', { name: 'Svar på skjemaet' }).click();
    const form = page.getByRole('dialog');
    await form.getByRole('button', { name: 'Send inn svarene' }).click();
    // Required questions are asked for by the browser itself.
    expect(await form.locator('fieldset:has(input:invalid)').count()).toBe(3);
    const question = (text: string) => form.getByRole('group', { name: text });
    await question('mer tungpustet').getByText('Ja').click();
    await question('mer slim').getByText('Ja').click();
    await question('annen farge').getByText('Nei').click();
    expect(await form.getByLabel('Hvor lenge').count()).toBe(0);
    await question('Tar du inhalasjonsmedisinen').getByText('Av og til').click();
    await form.getByLabel('Hvor mange timer').fill('2,5');
    await question('Hvor sliten').getByText('7', { exact: true }).click();
    // Closed by mistake, nothing is lost.
    await page.keyboard.press('Escape');
    await task.getByRole('button', { name: 'Svar på skjemaet' }).click();
    expect(await form.getByLabel('Hvor mange timer').inputValue()).toBe('2,5');
    await lookThrough(page, 'form');
    await page.setViewportSize(sizes.narrow);
    await form.getByRole('button', { name: 'Send inn svarene' }).click();
    await page.getByText(/Svarene på «Daglig spørreskjema» ble mottatt kl\./).waitFor();
    const [answered] = (
      await fhir('municipality', `QuestionnaireResponse?patient=${astrid.id}&author=Patient/${astrid.id}`)
    ).entry.map((entry: Json) => entry.resource);
    expect(answered.item.map(({ linkId, answer }: Json) => [linkId, answer[0]])).toEqual([
      ['dyspnoea', { valueBoolean: true }],
      ['sputumVolume', { valueBoolean: true }],
      ['sputumColour', { valueBoolean: false }],
      ['inhaler', { valueCoding: { code: 'seldom', display: 'Av og til' } }],
      ['hours', { valueDecimal: 2.5 }],
      ['tired', { valueInteger: 7 }],
    ]);
    const alerts = (await fhir('municipality', `DetectedIssue?patient=${astrid.id}&status=preliminary`)).entry;
    expect(
      alerts.flatMap(({ resource }: Json) => resource.implicated.map(({ reference }: Json) => reference)),
    ).toContain(`QuestionnaireResponse/${answered.id}`);
    await closeAll(page);
  });

  test('who is followed up nowhere is told so, and a login that has ended is said before the page is left', async () => {
    const ola = await open('demo-user-ola', '/varsler');
    await ola.getByText('Vi finner ingen hjemmeoppfølging som er registrert på deg.').waitFor();
    expect(new URL(ola.url()).pathname).toBe('/min-side');
    await closeAll(ola);
    const tor = await open('demo-user-caseworker', '/varsler');
    await tor.locator('.row[aria-current]').waitFor();
    await tor.route('**/fhir/**', (route) => route.abort());
    await tor.keyboard.press('t');
    await tor.getByText('Får ikke kontakt med tjenesten.').first().waitFor();
    // What was there stays in sight.
    expect(await tor.locator('.row').count()).toBeGreaterThan(0);
    await tor.unroute('**/fhir/**');
    await tor.route(/\$take$/, (route) => route.fulfill({ status: 401, body: '{}' }));
    await tor.keyboard.press('t');
    await tor.getByText('Innloggingen har gått ut.').waitFor();
    expect(new URL(tor.url()).pathname).toBe('/varsler');
    await lookThrough(tor, 'login');
    await closeAll(tor);
  });

  test('an EPJ opens the patient that it has open, by SMART launch', async () => {
    const astrid = await patientNamed('Prøvesen');
    const launch = (await (
      await server.request('hospital', '/auth/launch', {
        method: 'POST',
        body: { client_id: 'hjemmebro-pages', patient: astrid.id },
        headers: { 'content-type': 'application/json' },
      })
    ).json()) as { url: string };
    expect(launch.url).toMatch(/\/launch\?iss=/);
    const page = await newPage();
    await page.goto(launch.url);
    await page.locator('button[value="yes"]').waitFor();
    await lookThrough(page, 'issuer');
    await answerIssuer(page, 'demo-user-hospital');
    await page.getByRole('heading', { name: 'Astrid Prøvesen' }).waitFor();
    expect(new URL(page.url()).search).not.toMatch(/code=|launch=/);
    await page.goto(`${origin}/launch?iss=${encodeURIComponent('https://other.example/fhir')}&launch=x`);
    await page.getByText(/en annen server enn denne/).waitFor();
    await closeAll(page);
  });

  test('nothing that the pages did was against their content security policy, and no script failed', () => {
    expect(complaints).toEqual([]);
  });
}
