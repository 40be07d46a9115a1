/**
 * `npm run -s demo [-- --url http://localhost:8080/fhir [--mllp 2575]]`: the whole story over the wire, told line by line.
 * Without --url on a server of its own. Exit code 0 only when everything held that it told.
 */
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { Failure } from '../kernel/failure.js';
import { inWords, StoryBroken } from './demo/expected.js';
import { type OwnServer, startOwnServer } from './demo/own-server.js';
import { openStage, type ServerPlace } from './demo/stage.js';
import { tellStory } from './demo/story.js';

const usage = 'Usage: npm run -s demo [-- --url http://localhost:8080/fhir [--mllp 2575]]\n';

async function main(): Promise<number> {
  const { url, mllp } = parseArgs({ options: { url: { type: 'string' }, mllp: { type: 'string' } } }).values;
  const config = readConfig();
  if (config.production) throw new Failure('fault', 'The demo uses demo keys, which are for development only.');
  let own: OwnServer | undefined;
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    if (url === undefined) own = await startOwnServer(config.CONTROLLER);
    const place: ServerPlace = own ?? {
      base: url!.replace(/\/$/, ''),
      mllpPort: mllp === undefined ? undefined : Number(mllp),
      dataFolder: config.HJEMMEBRO_DATA,
      controller: config.CONTROLLER,
    };
    say(own === undefined ? `Serveren er ${place.base}.` : `Egen server er klar på ${place.base} etter ${seconds()}.`);
    await play(place);
    say(`Hele historien holdt, på ${seconds()}.`);
    return 0;
  } catch (error) {
    process.stderr.write(`\nHistorien holdt ikke: ${inWords(error)}\n`);
    return 1;
  } finally {
    await own?.stop();
  }
}

async function play(place: ServerPlace): Promise<void> {
  let step = 0;
  const stage = await openStage(place, (line) => say(`${String((step += 1)).padStart(2)}. ${line}`));
  try {
    await tellStory(stage);
  } finally {
    await stage.close();
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  process.exitCode = await main();
} catch (error) {
  const wrongArguments = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
  const known = error instanceof Failure || error instanceof ConfigError || error instanceof StoryBroken;
  process.stderr.write(wrongArguments ? usage : `${known ? error.message : String(error)}\n`);
  process.exitCode = wrongArguments ? 2 : 1;
}
