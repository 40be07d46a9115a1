// node scripts/many-messages.mjs <origin> <token> <process number of the server> [count]
// Posts that many admissions and discharges in a row and says how fast, and how the server's memory went.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [origin, token, pid, count = '10000'] = process.argv.slice(2);
const examples = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'mappings', 'examples');
const kinds = ['log-innlagt', 'log-utskrevet', 'medisinske-opplysninger', 'dialog-notat'].map((name) =>
  readFileSync(path.join(examples, `${name}.xml`), 'utf8'),
);
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
const began = performance.now();
const states = new Map();
let sent = 0;
async function sender() {
  while (sent < Number(count)) {
    const number = sent++;
    const body = kinds[number % kinds.length].replace(/<MsgId>.*?<\/MsgId>/, `<MsgId>${crypto.randomUUID()}</MsgId>`);
    const answer = await fetch(`${origin}/messages/plo`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/xml' },
      body,
    });
    await answer.arrayBuffer();
    states.set(answer.status, (states.get(answer.status) ?? 0) + 1);
    if (number % 1000 === 999) {
      const perSecond = (number + 1) / ((performance.now() - began) / 1000);
      console.log(`${number + 1} messages, ${perSecond.toFixed(0)} per second, ${memory().toFixed(0)} MB`);
    }
  }
}
await Promise.all(Array.from({ length: 8 }, sender));
console.log(Object.fromEntries(states));
