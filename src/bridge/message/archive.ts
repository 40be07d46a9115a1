// DIALOG_TIL_ARKIVERING (HITS 1228): for the record, without anything to be done.
import type { Treat } from './arrived.js';
import { keepMessage } from './keep.js';
import { keepForReading, patientOf } from './read.js';

/** Kept with its attachments; a person sees it only where the patient is not known here. */
export const treatArchive: Treat = (arrived, parts) => async (view) => {
  const patient = await patientOf(arrived, view);
  if (patient === undefined) return keepForReading(arrived, view, parts, 'Pasienten er ikke kjent her.');
  return (await keepMessage(arrived, patient, view, parts)).changes;
};
