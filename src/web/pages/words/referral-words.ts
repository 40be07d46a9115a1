import type { Text } from './language.js';

export const referralWords = {
  title: ['Henvisninger', 'Tilvisingar', 'Referrals'],
  none: [
    'Ingen henvisninger venter på svar.',
    'Ingen tilvisingar ventar på svar.',
    'No referrals are waiting for an answer.',
  ],
  from: ['Fra {who}', 'Frå {who}', 'From {who}'],
  came: ['Kom {when}', 'Kom {when}', 'Came {when}'],
  asked: ['Venter på svar fra henviser', 'Ventar på svar frå tilvisar', 'Waiting for the referrer'],
  reason: ['Grunn', 'Grunn', 'Reason'],
  notes: ['Opplysninger', 'Opplysningar', 'Information'],
  wish: ['Det søkes om', 'Det blir søkt om', 'Requested'],
  accept: ['Godta', 'Godta', 'Accept'],
  acceptTitle: ['Godta henvisningen', 'Godta tilvisinga', 'Accept the referral'],
  acceptNote: ['Melding til henviser (valgfri)', 'Melding til tilvisar (valfri)', 'Message to the referrer (optional)'],
  service: ['Tjeneste', 'Teneste', 'Service'],
  service103: ['Digital hjemmeoppfølging', 'Digital heimeoppfølging', 'Digital home follow-up'],
  service100: ['Utredning av behov først', 'Utgreiing av behov fyrst', 'Assessment of need first'],
  waitlist: [
    'Sett på venteliste, ingen plass nå',
    'Set på venteliste, ingen plass no',
    'Put on the waiting list, no room now',
  ],
  reject: ['Avslå', 'Avslå', 'Reject'],
  rejectTitle: ['Avslå henvisningen', 'Avslå tilvisinga', 'Reject the referral'],
  rejectReason: ['Begrunnelse til henviser', 'Grunngjeving til tilvisar', 'Reason for the referrer'],
  ask: ['Spør henviser', 'Spør tilvisar', 'Ask the referrer'],
  askTitle: ['Spørsmål til henviser', 'Spørsmål til tilvisar', 'Question to the referrer'],
  askQuestion: ['Hva trenger dere å vite?', 'Kva treng de å vite?', 'What do you need to know?'],
  accepted: [
    'Henvisningen er godtatt, henviser får svar.',
    'Tilvisinga er godteken, tilvisar får svar.',
    'The referral is accepted, the referrer is told.',
  ],
  rejected: [
    'Henvisningen er avslått, henviser får begrunnelsen.',
    'Tilvisinga er avslått, tilvisar får grunngjevinga.',
    'The referral is rejected, the referrer gets the reason.',
  ],
  questioned: ['Spørsmålet er sendt.', 'Spørsmålet er sendt.', 'The question has been sent.'],
} as const satisfies Record<string, Text>;
