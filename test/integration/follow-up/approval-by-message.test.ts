import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../../src/cli/demo/expected.js';
import { systemPrincipal } from '../../../src/access/principal.js';
import { demoGp, demoHospital, demoHospitalDoctor, demoMunicipality } from '../../../src/config/demo.js';
import { dialogueNote } from '../../../src/mapping/outbound/dialogue-note.js';
import { writeMsgHead } from '../../../src/mapping/outbound/write-msg-head.js';
import type { MsgHead } from '../../../src/mapping/plo/envelope.js';
import { readMsgHead } from '../../../src/mapping/plo/msg-head.js';
import { dialogueText } from '../../../src/mapping/plo/readable-text.js';
import { receiptFor } from '../../../src/mapping/plo/receipt.js';
import { renderAppRec } from '../../../src/mapping/plo/render-app-rec.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';
import { approvalReminder } from '../../../src/system/approval-reminder.js';
import { episodeFor, expectStatus, stageFor } from './stage.js';

const stage = stageFor('2026-03-18T09:00:00Z');

interface Sent {
  readonly plan: string;
  readonly patient: { readonly fnr: string; readonly reference: string };
  /** The message that reached the GP. */
  readonly head: MsgHead;
  /** Its first line of an approving answer. */
  readonly line: string;
}

/** A draft of the KOLS template that was submitted and has reached the GP. */
async function submitted(): Promise<Sent> {
  const patient = await stage.patient();
  await stage.created('municipality', episodeFor(patient.reference));
  const draft = expectStatus(
    await stage.operation('municipality', 'PlanDefinition/kols/$apply', { subject: patient.reference }),
    201,
  ).json;
  expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
  const head = await reached(patient.fnr);
  return {
    plan: draft.id,
    patient,
    head,
    line: /GODKJENT [0-9A-F-]+/.exec(dialogueText(head.content)?.text ?? '')![0],
  };
}

function reached(fnr: string, isIt: (head: MsgHead) => boolean = () => true): Promise<MsgHead> {
  const folder = path.join(stage.server.dataFolder, 'messages', 'out');
  return eventually('the plan at the GP', async () => {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((one) => one.startsWith('DIALOG_HELSEFAGLIG') && one.endsWith('.xml'))) {
      const head = readMsgHead(readXml(await readFile(path.join(folder, name))));
      if (head.patient?.idents.some(({ id }) => id === fnr) && isIt(head)) return head;
    }
    return undefined;
  });
}

interface Changed {
  readonly text?: string;
  readonly hpr?: string;
  readonly conversation?: string;
  readonly from?: MsgHead['receiver'];
  readonly fnr?: string;
}

/** Posts an answer to the sent plan, as it should be but for what is changed; → the receipt's status. */
async function answer(
  { head, line, patient }: Sent,
  { text = line, hpr = demoGp.hpr, conversation = head.id, from = head.receiver, fnr = patient.fnr }: Changed = {},
): Promise<string> {
  const xml = writeMsgHead(
    {
      type: 'DIALOG_HELSEFAGLIG',
      id: stage.server.running.services.ids.next(),
      at: stage.clock.now(),
      conversation: { parent: conversation, conversation },
      sender: from,
      receiver: head.sender,
      patient: { ident: { type: 'FNR', id: fnr }, family: 'Prøvepasient', given: 'Ola' },
    },
    dialogueNote({
      version: '1.1',
      topicCode: { list: '7322', code: '6', display: 'Henvendelse om pasient' },
      text,
      contact: { name: 'Kari Testlege', idents: [{ type: 'HPR', id: hpr }], profession: 'LE' },
    }),
  );
  const received = await stage.as('admin', '/messages/plo', {
    method: 'POST',
    body: xml,
    headers: { 'content-type': 'application/xml' },
  });
  return /<Status V="(\d)"/.exec(expectStatus(received, 200).text)![1]!;
}

test('an answer that begins with the code approves exactly the plan that was sent', async () => {
  const sent = await submitted();
  expect(await answer(sent, { text: `${sent.line}\nTakk for samarbeidet!` })).toBe('1');
  const plan = (await stage.as('gp', `CarePlan/${sent.plan}`)).json;
  expect(plan.status).toBe('active');
  const [provenance] = await stage.search(`Provenance?target=CarePlan/${sent.plan}`);
  expect(provenance.agent[0].who.identifier.value).toBe(demoGp.hpr);
  expect(await stage.tasks({ id: sent.patient.reference.slice('Patient/'.length) }, 'read-message')).toEqual([]);
});

test('a plan that is not answered is sent once more, as a reminder; either message may be answered', async () => {
  const sent = await submitted();
  const { services } = stage.server.running;
  const person = { id: sent.patient.reference.slice('Patient/'.length) };
  const [waiting] = await stage.tasks(person, 'approve');
  const by = systemPrincipal(demoMunicipality.orgnr);
  for (const round of [1, 2])
    await approvalReminder({ task: waiting.id, round }, { services, pool: services.pool as never, by });
  const again = await reached(
    sent.patient.fnr,
    ({ content }) => dialogueText(content)?.text?.includes('på nytt') === true,
  );
  expect(again.id).not.toBe(sent.head.id);
  expect(dialogueText(again.content)?.text).toContain(sent.line);
  const messages = await stage.search(`Communication?patient=${sent.patient.reference}`);
  expect(messages).toHaveLength(2);
  expect(await answer({ ...sent, head: again })).toBe('1');
  expect((await stage.as('gp', `CarePlan/${sent.plan}`)).json.status).toBe('active');
});

const hospital = {
  name: demoHospital.name,
  idents: [{ type: 'HER', id: demoHospital.herId }],
  unit: { name: 'Lungesykdommer', idents: [{ type: 'HER', id: '8990011' }] },
};
const notApproving: readonly [what: string, changed: Changed | ((sent: Sent) => Changed), reason: RegExp][] = [
  ['another code', { text: 'GODKJENT 0000-0000-0000' }, /koden/],
  ['the code below another first line', ({ line }) => ({ text: `Ser bra ut.\n${line}` }), /Helsefaglig dialog/],
  ['words after the code', ({ line }) => ({ text: `${line} med endringer` }), /Helsefaglig dialog/],
  ['another doctor', { hpr: demoHospitalDoctor.hpr }, /GP/],
  ['another sender', { from: hospital }, /avsenderen/],
  ['another conversation', { conversation: '9b7a0000-0000-4000-8000-00000000ffff' }, /svarer ikke/],
];
test.each(notApproving)('an answer with %s approves nothing; a person reads it', async (_what, changed, reason) => {
  const sent = await submitted();
  expect(await answer(sent, typeof changed === 'function' ? changed(sent) : changed)).toBe('1');
  expect((await stage.as('municipality', `CarePlan/${sent.plan}`)).json.status).toBe('draft');
  const [task] = await stage.tasks({ id: sent.patient.reference.slice('Patient/'.length) }, 'read-message');
  expect(task.description).toMatch(reason);
});

test('a plan that was changed after it was sent is not approved by the old code', async () => {
  const sent = await submitted();
  const draft = (await stage.as('municipality', `CarePlan/${sent.plan}`)).json;
  expectStatus(
    await stage.as('municipality', `CarePlan/${sent.plan}`, {
      method: 'PUT',
      body: { ...draft, title: 'Endret', description: 'Endret etter innsending' },
    }),
    200,
  );
  await answer(sent);
  expect((await stage.as('municipality', `CarePlan/${sent.plan}`)).json.status).toBe('draft');
});

test('a plan that the GP’s system refuses is shown as stopped, and a person is told whose it was', async () => {
  const { head, patient } = await submitted();
  const made = { id: stage.server.running.services.ids.next(), at: stage.clock.now() };
  const receipt = renderAppRec(receiptFor(head, made, [{ code: 'E36', text: 'Ukjent pasient' }]));
  const headers = { 'content-type': 'application/xml' };
  expectStatus(await stage.as('gp', '/messages/plo', { method: 'POST', body: receipt, headers }), 204);
  const [sent] = await stage.search(`Communication?identifier=http://hjemmebro.no/fhir/message-id|${head.id}`);
  expect([sent.status, sent.statusReason.text]).toEqual(['stopped', 'E36 Ukjent pasient']);
  const told = await eventually('the task about the refused message', async () => {
    const tasks = await stage.search(`Task?patient=${patient.reference}&code=message-failed`);
    return tasks[0];
  });
  expect(told).toMatchObject({
    for: { reference: patient.reference },
    focus: { reference: `Communication/${sent.id}` },
  });
});
