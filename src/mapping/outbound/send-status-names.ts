import type { SendStatus } from '../plo/send-status.js';

/** 7309. */
export const statusNames: Readonly<Record<SendStatus, string>> = { N: 'Ny', M: 'Endring', C: 'Kansellering' };
