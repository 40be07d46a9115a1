import { Failure } from '../../kernel/failure.js';
import { type Treatment, treatmentOf } from '../../mapping/plo/message-types.js';
import type { MessageParts } from '../message-parts.js';
import { treatAdmission, treatDischarge } from './admission.js';
import { treatArchive } from './archive.js';
import type { Arrived, Handling, Treat } from './arrived.js';
import { treatDeath } from './death.js';
import { treatDialogue } from './dialogue.js';
import { treatNotReady, treatReady } from './ready-for-discharge.js';
import { treatReferral } from './referral.js';
import { treatReport } from './report.js';

const treatments: Record<Treatment, Treat> = {
  referral: treatReferral,
  admission: treatAdmission,
  discharge: treatDischarge,
  ready: treatReady,
  'not-ready': treatNotReady,
  death: treatDeath,
  dialogue: treatDialogue,
  archive: treatArchive,
  report: treatReport,
};

/** What a message of a known type does. @throws Failure `unprocessable` (T02) when required content is missing */
export function treatmentFor(arrived: Arrived, parts: MessageParts): Handling {
  const treatment = treatmentOf(arrived.head.type.code);
  if (treatment === undefined) throw new Failure('fault', `No treatment for ${arrived.head.type.code}.`);
  return treatments[treatment](arrived, parts);
}
