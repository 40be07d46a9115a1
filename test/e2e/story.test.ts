import { execFile } from 'node:child_process';
import path from 'node:path';
import { type Measured, measure, subscribe } from '../../src/cli/demo/measure.js';
import { equip, plan, type Equipped } from '../../src/cli/demo/plan.js';
import { readTrend } from '../../src/cli/demo/read-trend.js';
import { acceptReferral, type Accepted, refer, type Referred } from '../../src/cli/demo/refer.js';
import { openStage, type Stage } from '../../src/cli/demo/stage.js';
import { admit, closeAlert, discharge, type Stay } from '../../src/cli/demo/stay.js';
import { demoMunicipality, demoPatient } from '../../src/config/demo.js';
import { identityNumber } from '../../src/fhir/national-identifiers.js';
import { root } from '../architecture/source-files.js';
import { type RunningServer, startServer } from '../support/server.js';

describe('the story, over the wire only', () => {
  const told: string[] = [];
  let server: RunningServer;
  let stage: Stage;
  let referred: Referred;
  let accepted: Accepted;
  let equipped: Equipped;
  let measured: Measured;
  let stay: Stay;

  beforeAll(async () => {
    server = await startServer({ environment: { LOG_LEVEL: 'trace' } });
    const { base, mllpPort, dataFolder } = server;
    stage = await openStage({ base, mllpPort, dataFolder, controller: demoMunicipality.orgnr }, (line) =>
      told.push(line),
    );
  });
  afterAll(async () => {
    await stage.close();
    await server.stop();
  });

  test('the hospital’s Henvisning gets a positive receipt, and lands once on the centre’s worklist', async () => {
    referred = await refer(stage);
    expect(referred.referral).toMatchObject({
      status: 'active',
      subject: { reference: expect.stringMatching(/^Patient\//) },
    });
  });

  test('the accepted referral is answered by message to the department that sent it', async () => {
    accepted = await acceptReferral(stage, referred);
    expect(accepted.answer.sender.unit?.idents).toEqual([{ id: '8990002', type: 'HER' }]);
    expect(accepted.episode['status']).toBe('planned');
  });

  test('equipment is lent by its serial number, to one patient at a time', async () => {
    equipped = await equip(stage, accepted);
  });

  test('the draft of the template reaches the GP as a message with a PDF, and the GP alone approves it', async () => {
    const planned = await plan(stage, accepted);
    expect(planned.message.receiver.professional?.idents).toEqual([{ id: '8990021', type: 'HER' }]);
    expect(planned.code).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/);
  });

  test('falling saturation opens a yellow alert that becomes red, and the nurse’s system hears of it', async () => {
    await subscribe(stage);
    measured = await measure(stage, accepted, equipped);
    expect(measured.colours).toEqual(['yellow', 'yellow', 'yellow', 'red']);
    expect(measured.alert).toMatchObject({ status: 'preliminary', severity: 'high' });
    // Measured apart (npm run bench); here only that it is not a matter of polling.
    expect(Math.max(...Object.values(measured.hookMilliseconds))).toBeLessThan(1000);
  });

  test('GP and hospital read the same trend, and the supplier no alerts', async () => {
    expect(await readTrend(stage, measured)).toEqual({ values: [91, 90, 90, 89], last: 89 });
  });

  test('an admission message pauses missing measurements only, and red still comes through', async () => {
    stay = await admit(stage, accepted, equipped);
    expect(stay.pause).toBe('missing-only');
  });

  test('the discharge home over MLLP resumes by itself, and the nurse closes the alert for good', async () => {
    await discharge(stage, accepted, stay);
    expect((await closeAlert(stage, accepted))['status']).toBe('final');
  });

  test('nothing that the whole run left in logs, metrics, audit or addresses holds an identity number', async () => {
    const asked = async (place: string): Promise<string> => {
      const answer = await server.request('admin', place);
      expect([place, answer.status]).toEqual([place, 200]);
      return answer.text();
    };
    const left = {
      said: told.join('\n'),
      logged: server.output(),
      metrics: await asked('/metrics'),
      audit: await asked('AuditEvent?_count=1000'),
    };
    expect(told.length).toBeGreaterThan(10);
    expect(left.logged.split('\n').length).toBeGreaterThan(10);
    expect(left.metrics).toContain('http_request');
    expect(left.audit).toContain('"resourceType":"AuditEvent"');
    for (const [name, text] of Object.entries(left)) {
      const numbers = (text.match(/(?<![\da-z])\d{11}(?![\da-z])/g) ?? []).filter((one) => identityNumber(one));
      expect([name, numbers, text.includes(demoPatient.fnr)]).toEqual([name, [], false]);
    }
  });
});

test('a story that does not hold ends with exit code 1 and a sentence, not with a stack trace', async () => {
  const { code, said } = await demo(['--url', 'http://127.0.0.1:9/fhir']);
  expect(code).toBe(1);
  expect(said).toContain('Historien holdt ikke');
  expect(said).not.toMatch(/^\s+at /m);
});

test('wrong arguments of the demo are answered with its usage', async () => {
  expect(await demo(['--no-such-option'])).toEqual({ code: 2, said: expect.stringMatching(/^Usage: npm run -s demo/) });
});

function demo(words: readonly string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(root, 'dist/cli/demo.js'), ...words],
      { cwd: root },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
      },
    );
  });
}
