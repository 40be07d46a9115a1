import type { Fhir } from '../follow-up/stage.js';

/** A Consent for patient privacy; its provision shuts out where it does not say otherwise. */
export const privacyConsent = (patient: string, provision: object): Fhir => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: patient },
  policyRule: { text: 'Sperring' },
  provision: { type: 'deny', ...provision },
});
