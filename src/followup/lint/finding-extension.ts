import type { Extension } from '../vocabulary/element.js';
import { structure } from '../vocabulary/systems.js';
import type { Finding } from './finding.js';

/** A finding as data, `dho-finding`: what it is about, and each value that its sentence speaks of. */
export const findingExtension = ({ place, values = {} }: Finding): Extension => ({
  url: structure('dho-finding'),
  extension: [
    { url: 'about', valueCode: place.kind },
    { url: 'id', valueString: place.id },
    ...Object.entries(values).map(([url, valueString]) => ({ url, valueString })),
  ],
});
