import { system } from './systems.js';

/** Task codes of our own (`dho-task-code`) with the text that a person reads. */
export const taskCode = {
  'handle-alert': 'Behandle varsel',
  'limits-needed': 'Grenseverdier mangler',
  'call-patient': 'Ring pasienten',
  'notify-fastlege': 'Varsle fastlegen',
  'repeat-measurement': 'Be om ny måling',
  'unknown-patient': 'Ukjent pasient',
  'unplanned-measurement': 'Måling utenfor planen',
  'plan-not-active': 'Planen er ikke godkjent',
  'measured-under-pause': 'Målt under pause',
  'incomplete-form': 'Ufullstendig skjema',
  'duplicate-measurement': 'Samme måling mottatt flere ganger',
  'resume-reminder': 'Vurder om pausen skal avsluttes',
  'admission-check': 'Pasienten er innlagt',
  'discharge-check': 'Pasienten er utskrevet',
  'death-check': 'Pasienten er meldt død',
  escalation: 'Varsel uten respons',
  'read-message': 'Melding til gjennomlesning',
  'read-form': 'Skjema til gjennomlesning',
  'message-failed': 'Melding som ikke er levert eller kvittert',
  'subscription-failed': 'Abonnement som ikke kan leveres',
  'take-over': 'Ta over medisinsk ansvar for planen',
  'plan-change-proposed': 'Forslag til endring i planen',
  'approval-overdue': 'Planen er ikke besvart',
  'plan-revoked': 'Planen er trukket tilbake',
  'loan-form-missing': 'Låneskjema mangler',
  'monthly-follow-up': 'Fast oppfølgingssamtale',
  evaluation: 'Evaluering',
  'trial-end': 'Utprøvingsperioden er over',
  'hand-over-due': 'Medisinsk ansvar skal overleveres',
  'equipment-fault': 'Feil på utstyr',
  'equipment-order': 'Bestilling av utstyr',
  'equipment-notice': 'Oppsigelse av utstyr',
  'stock-low': 'Lite utstyr på lager',
  'calibration-due': 'Utstyr skal kalibreres',
  'emergency-access': 'Kontroller nødrettstilgang',
  cover: 'Dekker for en annen enhet',
} as const;
export type TaskCode = keyof typeof taskCode;

/** Alert kinds of our own (`dho-alert-kind`), beside the VKP alert codes. */
export const alertKind = {
  'measurement-deviation': 'Måling utenfor grensene',
  trend: 'Endring over tid',
  duration: 'Vedvarende avvik',
  mean: 'Gjennomsnitt utenfor grensene',
  composite: 'Flere funn samtidig',
  'form-score': 'Skjemaskår utenfor grensene',
  'form-answer': 'Svar i skjema',
  'missing-measurement': 'Måling mangler',
  'missing-form': 'Skjemabesvarelse mangler',
  'missing-task': 'Gjøremål ikke utført',
  inactive: 'Inaktiv pasient',
  'technical-device': 'Teknisk feil ved måling',
  'technical-implausible': 'Umulig verdi',
  'technical-unconfirmed': 'Ubekreftet verdi',
  'technical-time': 'Tidspunkt mangler eller er i framtiden',
  'technical-conflict': 'To ulike verdier for samme måling',
  'engine-failed': 'Målingen kunne ikke vurderes',
  message: 'Melding fra pasienten',
  'limits-missing': 'Grenseverdier mangler',
  escalation: 'Eskalering',
  'engine-down': 'Overvåkingen har stått stille',
} as const;
export type AlertKind = keyof typeof alertKind;

/** What was done about an alert (`dho-alert-action`). */
export const alertAction = {
  'called-patient': 'Ringt pasienten',
  'video-visit': 'Videosamtale',
  'repeat-measurement': 'Bedt om ny måling',
  advice: 'Råd etter egenbehandlingsplanen',
  'home-visit': 'Hjemmebesøk bestilt',
  'contacted-fastlege': 'Kontaktet fastlegen',
  'contacted-legevakt': 'Konferert legevakt',
  'contacted-113': 'Ringt 113',
  'contacted-hospital': 'Konferert sykehus',
  admitted: 'Pasienten ble innlagt',
  'plan-change': 'Endring av planen foreslått',
  technical: 'Teknisk feil rettet eller meldt',
  'no-action': 'Vurdert, ingen tiltak',
  other: 'Annet',
} as const;
export type AlertAction = keyof typeof alertAction;
export const isAlertAction = (code: string): code is AlertAction => Object.hasOwn(alertAction, code);

/** https://simplifier.net/guide/velferdsteknologiskknutepunktdhor4: the VKP alert code of each kind that has one. */
export const vkpAlertCode: Partial<Record<AlertKind, { readonly code: string; readonly display: string }>> = {
  'measurement-deviation': { code: '5.2.1', display: 'Måledata rapportert' },
  trend: { code: '5.2.1', display: 'Måledata rapportert' },
  duration: { code: '5.2.1', display: 'Måledata rapportert' },
  mean: { code: '5.2.1', display: 'Måledata rapportert' },
  composite: { code: '5.1', display: 'Oppsummerende varsel' },
  'form-score': { code: '5.2.2', display: 'Skjemabesvarelse' },
  'form-answer': { code: '5.2.2', display: 'Skjemabesvarelse' },
  'missing-measurement': { code: '5.3.2', display: 'Måling ikke rapportert' },
  'missing-form': { code: '5.3.1', display: 'Manglende skjemabesvarelse' },
  inactive: { code: '5.3', display: 'Inaktiv pasient' },
  message: { code: '5.2.3', display: 'Annen handling' },
};
/** VKP's code for «DHO», for kinds without a narrower one (`code` of vkp-DetectedIssue is required). */
export const vkpAlertDefault = { code: '5', display: 'DHO' } as const;

export type Colour = 'red' | 'yellow' | 'green' | 'blue' | 'grey' | 'technical';
export const colourText: Record<Colour, string> = {
  red: 'rød',
  yellow: 'gul',
  green: 'grønn',
  blue: 'blå',
  grey: 'grå',
  technical: 'teknisk',
};

/** Higher is worse. Only red and yellow are clinical zones; the others stand beside the patient's zone. */
export const colourRank: Record<Colour, number> = { green: 0, grey: 0, blue: 1, technical: 1, yellow: 2, red: 3 };

export const priorityOf: Record<Colour, 'stat' | 'urgent' | 'routine'> = {
  red: 'stat',
  yellow: 'urgent',
  blue: 'urgent',
  technical: 'urgent',
  green: 'routine',
  grey: 'routine',
};

export const severityOf: Record<Colour, 'high' | 'moderate' | 'low'> = {
  red: 'high',
  yellow: 'moderate',
  technical: 'moderate',
  blue: 'low',
  green: 'low',
  grey: 'low',
};

export const flagText = {
  'dho-active': 'Har digital hjemmeoppfølging',
  'dho-paused': 'Digital hjemmeoppfølging er satt på pause',
  'zone-green': 'Grønn sone',
  'zone-yellow': 'Gul sone',
  'zone-red': 'Rød sone',
  'state-green': 'Vurdert som grønn',
  'state-yellow': 'Vurdert som gul',
  'state-red': 'Vurdert som rød',
} as const;
export type FlagCode = keyof typeof flagText;

export const taskConcept = (code: TaskCode) => ({
  coding: [{ system: system.taskCode, code, display: taskCode[code] }],
  text: taskCode[code],
});
export const approveConcept = {
  coding: [{ system: system.r4TaskCode, code: 'approve', display: 'Activate/approve the focal resource' }],
  text: 'Godkjenn egenbehandlingsplan',
};
export const fulfillConcept = {
  coding: [{ system: system.r4TaskCode, code: 'fulfill', display: 'Fulfill the focal request' }],
  text: 'Behandle henvisning',
};
