/** Texts that have broken servers before. */

export const injections = [
  "' or '1'='1",
  "'; drop table resource; --",
  "') or 1=1 --",
  '") or 1=1 --',
  '1 union select content from resource',
  "\\'; select pg_sleep(5); --",
  '$1',
  '$$; select 1; $$',
  '%',
  '_',
  "x' || (select string_agg(content, '') from resource) || '",
  "E'\\x27'",
] as const;

/** Parameters of each type, with the resource type they belong to; what is put in must find nothing. */
export const criteria = [
  ['Patient', 'name'],
  ['Patient', 'name:exact'],
  ['Patient', 'name:contains'],
  ['Patient', 'identifier'],
  ['Patient', 'identifier:of-type'],
  ['Patient', 'gender'],
  ['Patient', 'gender:not'],
  ['Patient', 'birthdate'],
  ['Patient', '_id'],
  ['Patient', '_lastUpdated'],
  ['Patient', '_tag'],
  ['Patient', '_profile'],
  ['Patient', 'general-practitioner'],
  ['Patient', 'general-practitioner.name'],
  ['Patient', '_has:Observation:patient:code'],
  ['Observation', 'patient'],
  ['Observation', 'patient.identifier'],
  ['Observation', 'patient:identifier'],
  ['Observation', 'code'],
  ['Observation', 'code:text'],
  ['Observation', 'value-quantity'],
  ['Observation', 'code-value-quantity'],
  ['Observation', 'date'],
  ['RiskAssessment', 'probability'],
  ['ValueSet', 'url'],
  ['ValueSet', 'url:below'],
] as const;

export const resultParameters = [
  '_sort',
  '_include',
  '_revinclude',
  '_elements',
  '_summary',
  '_total',
  '_count',
  '_cursor',
  '_page',
  '_type',
  '_format',
  '_since',
  '_at',
  'nonsense',
] as const;

/** Long enough for a pattern that backtracks to take for ever. */
export const regexTraps = [
  `${'a'.repeat(30_000)}!`,
  `${'1'.repeat(30_000)}x`,
  `2020-01-01T00:00:00.${'0'.repeat(30_000)}x`,
  '|'.repeat(20_000),
  `${'\\,'.repeat(10_000)}`,
  `${'$'.repeat(20_000)}`,
  `${' '.repeat(20_000)}x`,
  `${'a.'.repeat(10_000)}!`,
  `${'('.repeat(10_000)}`,
  `http://${'a.'.repeat(10_000)}!`,
] as const;

/** Endpoints that lead into the own network, or are no web address. */
export const endpoints = (trap: string): readonly string[] => {
  const { port } = new URL(trap);
  return [
    trap,
    `http://localhost:${port}/`,
    `http://127.1:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f000001:${port}/`,
    `http://0177.0.0.1:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://0.0.0.0:${port}/`,
    `http://hooks.example@127.0.0.1:${port}/`,
    `http://127.0.0.1:${port}#hooks.example`,
    `http://127.0.0.1:${port}\\@hooks.example/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://hooks.example.evil.example/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_x',
    'ftp://hooks.example/',
    'javascript:alert(1)',
    '//127.0.0.1/',
    '',
  ];
};

/** Documents whose entities read files, call out or never end. @param file that nobody may read */
export const xmlAttacks = (file: string, trap: string): readonly (readonly [string, (root: string) => string])[] => [
  [
    'a file',
    (root) =>
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file://${file}">]>${root.replace('CONTENT', '&e;')}`,
  ],
  [
    'an address',
    (root) => `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "${trap}/xxe">]>${root.replace('CONTENT', '&e;')}`,
  ],
  [
    'a parameter entity',
    (root) => `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY % p SYSTEM "${trap}/p.dtd"> %p;]>${root}`,
  ],
  ['a foreign definition', (root) => `<?xml version="1.0"?><!DOCTYPE x SYSTEM "${trap}/x.dtd">${root}`],
  [
    'a billion laughs',
    (root) =>
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">${Array.from({ length: 30 }, (_none, at) => `<!ENTITY a${at + 1} "&a${at};&a${at};">`).join('')}]>${root.replace('CONTENT', '&a30;')}`,
  ],
  [
    'quadratic growth',
    (root) =>
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${'x'.repeat(50_000)}">]>${root.replace('CONTENT', '&a;'.repeat(5000))}`,
  ],
  [
    'an inclusion',
    (root) =>
      root.replace(
        'CONTENT',
        `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file://${file}"/>`,
      ),
  ],
  ['a style sheet', (root) => `<?xml-stylesheet type="text/xsl" href="${trap}/x.xsl"?>${root}`],
  ['depth', (root) => root.replace('CONTENT', '<a>'.repeat(50_000))],
];

/** Requests whose length two readers may see differently; each hides a second request. @param hidden that request */
export const ambiguous = (hidden: string, token: string): readonly (readonly [string, string])[] => {
  const head = `POST /fhir/Basic/_search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
  return [
    ['length and chunks', `${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    [
      'chunks and length',
      `${head}Transfer-Encoding: chunked\r\nContent-Length: ${hidden.length}\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['two lengths', `${head}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['a list of lengths', `${head}Content-Length: 0, ${hidden.length}\r\n\r\n${hidden}`],
    ['a length with a sign', `${head}Content-Length: +0\r\n\r\n${hidden}`],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n${hidden}`],
    ['a length in another base', `${head}Content-Length: 0x0\r\n\r\n${hidden}`],
    ['a coding that is nearly chunked', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunked with a tail', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    [
      'two codings',
      `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['a folded header', `${head}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`],
    ['a tab before the name', `${head}\tTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`],
    ['a NUL in a header', `${head}X: a\0b\r\nContent-Length: 0\r\n\r\n${hidden}`],
    ['a bare CR in a header', `${head}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`],
    ['a chunk size with a sign', `${head}Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n${hidden}`],
    ['a chunk size too large', `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${hidden}`],
    ['no version', `GET /fhir/Basic\r\n${hidden}`],
    ['another version', `POST /fhir/Basic HTTP/9.9\r\nHost: x\r\n\r\n${hidden}`],
    ['no host', `POST /fhir/Basic/_search HTTP/1.1\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ];
};
