import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** `true` for 1, true, yes, on. */
const flag = z.stringbool({ truthy: ['1', 'true', 'yes', 'on'], falsy: ['0', 'false', 'no', 'off'] });
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const port = z.coerce.number().int().min(0).max(65535);
const count = z.coerce.number().int().positive();

/**
 * One trusted token issuer (decision 20). `claims` says in which claim each fact stands, as a path of names.
 */
const issuerSchema = z.object({
  issuer: z.string(),
  audience: z.string(),
  /** URL of the key set, or a file with it. */
  jwks: z.string(),
  algorithms: z
    .array(z.enum(['RS256', 'RS384', 'PS256', 'ES256', 'ES384']))
    .default(['RS256', 'PS256', 'ES256', 'ES384']),
  /** How its tokens are shown: as bearers, or with a proof of their key (DPoP); with `nonce`, proofs hold one of ours. */
  tokens: z.enum(['bearer', 'dpop']).default('bearer'),
  nonce: z.boolean().default(false),
  /** Where SMART apps log in at this issuer; the first issuer that says it is the one that is published to them. */
  smart: z
    .object({
      authorization: z.url().optional(),
      token: z.url(),
      revocation: z.url().optional(),
    })
    .optional(),
  /** The issuer's own scopes → SMART v2 scopes; scopes not named here are read as SMART. */
  scopes: z.record(z.string(), z.array(z.string())).default({}),
  claims: z.record(z.string(), z.string()).default({}),
  /** Claims that must have one of the values, by path: `{"helseid://claims/identity/security_level": ["4"]}`. */
  demanded: z.record(z.string(), z.array(z.string())).default({}),
  /** Facts about single clients that the token itself does not carry: role, carries, controller. */
  clients: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
export type IssuerConfig = z.infer<typeof issuerSchema>;

/**
 * Every setting, by the name of its environment variable. The README's table is tested against this schema, so each
 * has a description. `NAME_FILE` is read in place of `NAME` for secrets kept in files.
 */
export const settings = {
  PORT: port.default(8080).describe('Port of the HTTP server'),
  HOST: z.string().default('127.0.0.1').describe('Address the HTTP server binds; 0.0.0.0 for all'),
  HJEMMEBRO_MODE: z
    .enum(['development', 'production'])
    .default('development')
    .describe('production refuses to start with demo keys; NODE_ENV=production means the same'),
  HJEMMEBRO_DATA: z
    .string()
    .default('./data')
    .describe('Folder of the embedded database, demo keys and watched message folders'),
  DATABASE_URL: z
    .string()
    .optional()
    .describe('PostgreSQL ≥ 15 to use instead of the embedded one, postgres://user:password@host:port/database'),
  DATABASE_POOL_SIZE: count.default(16).describe('Connections to PostgreSQL'),
  STATEMENT_TIMEOUT_MS: count.default(15000).describe('Longest time one SQL statement may take'),
  BASE_URL: z
    .string()
    .optional()
    .describe('The public address of the FHIR endpoint; default http://localhost:PORT/fhir'),
  MAX_BODY_BYTES: count.default(20_000_000).describe('Largest request body; larger ones get 413'),
  REQUEST_TIMEOUT_SECONDS: count
    .default(60)
    .describe('Longest time for a request to arrive whole; its head has 15 seconds at most'),
  MAX_REQUESTS_AT_ONCE: count.default(2000).describe('Requests under way; more get 503 with Retry-After'),
  RATE_LIMIT: z.coerce
    .number()
    .int()
    .min(0)
    .default(600_000)
    .describe('Requests a minute of one client, per instance; more get 429 with Retry-After. 0: no limit'),
  RATE_LIMIT_REFUSED: z.coerce
    .number()
    .int()
    .min(0)
    .default(6000)
    .describe('Requests a minute without a usable token from one address; more get 429. 0: no limit'),
  TRUSTED_PROXIES: list
    .default([])
    .describe('Addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated'),
  CORS_ORIGINS: list
    .default([])
    .describe('Origins whose scripts may call, comma-separated, such as https://app.example; empty: none but our own'),
  TLS_CERT_FILE: z.string().optional().describe('Certificate chain (PEM); with TLS_KEY_FILE the server speaks HTTPS'),
  TLS_KEY_FILE: z.string().optional().describe('Its private key (PEM)'),
  TLS_CLIENT_CA_FILE: z
    .string()
    .optional()
    .describe('Authorities (PEM) of client certificates; when given, nobody connects without one of theirs'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe level that is logged'),
  ISSUERS_FILE: z
    .string()
    .optional()
    .describe('JSON file with the trusted token issuers (an array; see the README); required in production'),
  EMBEDDED_ISSUER: flag
    .optional()
    .describe(
      'The token issuer at /auth with demo users. Default: on in development; production refuses to start with it',
    ),
  CONTROLLER: z
    .string()
    .regex(/^\d{9}$/)
    .default('310000019')
    .describe('Organisation number of the data controller (dataansvarlig) for new rows'),
  MLLP_PORT: port.default(2575).describe('Port of the HL7 v2 MLLP listener; 0 turns it off'),
  MLLP_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address the MLLP listener binds (loopback unless MLLP_PEERS is set)'),
  MLLP_PEERS: list
    .default([])
    .describe(
      'Known senders as application|facility (MSH-3|MSH-4), comma-separated; application|facility|common name ties them to a certificate; unknown ones get AR. Empty: all, on loopback or behind client certificates',
    ),
  MLLP_TLS_CERT_FILE: z
    .string()
    .optional()
    .describe('Certificate chain (PEM); with MLLP_TLS_KEY_FILE the listener speaks MLLP over TLS'),
  MLLP_TLS_KEY_FILE: z.string().optional().describe('Its private key (PEM)'),
  MLLP_TLS_CLIENT_CA_FILE: z
    .string()
    .optional()
    .describe(
      'Authorities (PEM) of client certificates: nobody connects without one of theirs, and MLLP_HOST may leave loopback',
    ),
  MESSAGE_FOLDER: z
    .string()
    .optional()
    .describe(
      'Watched folder with in/, out/, done/, failed/; default messages/ in the data folder; "off" turns it off',
    ),
  OWN_HER_IDS: list.default([]).describe('HER-ids that messages may be addressed to; empty accepts any receiver'),
  COPIED_HER_IDS: list
    .default([])
    .describe('HER-ids whose messages come here as copies: they have their effect, but another system receipts them'),
  MESSAGE_SENDER_HER_ID: z
    .string()
    .default('8990002')
    .describe('HER-id that outgoing messages are sent from (communication party, level 2)'),
  MESSAGE_OUT_URL: z
    .string()
    .optional()
    .describe(
      'Where outgoing messages are posted, or an AMQP broker (amqps://user:password@host) on whose queues <HER-id>_async they are put; default: written to the out/ folder',
    ),
  AMQP_QUEUES: list
    .default([])
    .describe(
      'Queues of the broker of MESSAGE_OUT_URL that messages are taken from, comma-separated, such as 8990002_async',
    ),
  EDI_FILE: z
    .string()
    .optional()
    .describe('JSON file of the NHN message service (EDI 2.0): messages are sent and fetched there (see the README)'),
  PARTNERS_FILE: z
    .string()
    .optional()
    .describe(
      'JSON file of those that messages go to by a way of their own: MLLP, ebXML, HTTP, folder; and of the address register (see the README)',
    ),
  SUBSCRIPTION_HOSTS: list
    .default([])
    .describe(
      'Hosts that subscriptions may notify, comma-separated, *.example.org allowed. Empty in development: loopback and all public hosts; in production https only',
    ),
  EVENT_DAYS: count
    .default(90)
    .describe('Days that delivered events of subscriptions are kept for $events and $resend'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//)
    .optional()
    .describe(
      'Mail server for Subscriptions of channel type email, smtps://user:password@host:465; absent: none are taken',
    ),
  SMTP_FROM: z.string().default('hjemmebro@localhost').describe('Sender address of notification mail'),
  FOLLOWUP: flag
    .default(true)
    .describe('The follow-up module (rule engine, alerts). off: a plain FHIR façade that interprets nothing'),
  RED_RESPONSE_TIME: z
    .string()
    .default('PT15M')
    .describe('Time to respond to a red alert before it is escalated (no published source; set by the service)'),
  RED_CHAIN: list
    .default([])
    .describe(
      'Who gets a red alert that nobody answers in time, step by step: FHIR references, comma-separated, such as Organization/hjemmetjenesten',
    ),
  AFTER_HOURS_DESKS: list
    .default([])
    .describe(
      'Addresses of the desks that plans name for red alerts outside opening hours, comma-separated, such as home-care=HealthcareService/1,legevakt=Organization/2. Without one the centre keeps the alert and RED_CHAIN follows',
    ),
  CONDITIONAL_DELETE: z
    .enum(['single', 'multiple'])
    .default('single')
    .describe(
      'What DELETE [type]?criteria does where several match: single refuses it (412), multiple deletes them all',
    ),
  REFERENTIAL_INTEGRITY: flag
    .default(false)
    .describe(
      'on: a literal reference into this server must lead to a resource that is there, and what others refer to is not deleted. Default: it may point at what is not here',
    ),
  AFTER_HOURS: z
    .enum(['none', 'home-care', 'legevakt'])
    .default('none')
    .describe('Who takes red alerts outside opening hours'),
  APPROVAL_REMINDER_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .default(7)
    .describe('Days after which a plan that the GP has not answered is asked for again (set by the service)'),
  TRIAL_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(999)
    .default(21)
    .describe('Length of the trial period; a week before its end it is on the worklist'),
  FOLLOW_UP_MONTHS: z.coerce
    .number()
    .int()
    .min(1)
    .max(999)
    .default(1)
    .describe('Months between fixed conversations with a patient'),
  EVALUATION_MONTHS: z.coerce
    .number()
    .int()
    .min(1)
    .max(999)
    .default(6)
    .describe('Months between evaluations with a patient'),
  HAND_OVER_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(999)
    .default(28)
    .describe(
      'Days that a hospital answers for a plan before it is to be handed over; two weeks before, it is on the worklist',
    ),
  STOCK_MINIMUM: z.coerce
    .number()
    .int()
    .min(0)
    .max(999)
    .default(0)
    .describe('Fewer devices of a kind left in stock than this are on the worklist of their owner; 0: none'),
  RELATION_DAYS_AFTER_END: z.coerce
    .number()
    .int()
    .min(0)
    .default(90)
    .describe('Days a care relation lasts after the episode or referral has ended'),
  EMERGENCY_ACCESS_HOURS: z.coerce
    .number()
    .min(0.25)
    .max(72)
    .default(12)
    .describe(
      'Hours that access taken in an emergency (Patient/$break-glass) lasts (no published source; set by the service)',
    ),
  RETENTION_AUDIT_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Days that entries of the audit log are kept; `npm run -s retention` removes older ones. 0: for ever'),
  RETENTION_MESSAGE_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'Days that settled messages are kept as they came and went; the same command removes older ones. 0: for ever',
    ),
  MESSAGE_CARRIER: z
    .string()
    .default('folder')
    .describe('Client name under which messages from the watched folder are taken in'),
  SHUTDOWN_SECONDS: count.default(20).describe('Longest time to finish what is in flight at SIGTERM'),
  SECRET_KEY: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Key (≥ 32 characters) that seals paging links and the secrets of subscriptions; servers that share a database share it; default: made at first start in the data folder',
    ),
  SECRET_KEY_PREVIOUS: list
    .default([])
    .describe('Former values of SECRET_KEY, comma-separated: what they sealed is still opened, nothing new is sealed'),
} as const satisfies Record<string, z.ZodType>;

const schema = z.object(settings);

export interface Config extends Readonly<z.infer<typeof schema>> {
  readonly issuers: readonly IssuerConfig[];
  readonly baseUrl: string;
  readonly production: boolean;
}

/** A setting is missing or wrong; the message lists every one for a person. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment once.
 *
 * @throws ConfigError naming every setting that is wrong
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const raw: Record<string, string> = {};
  for (const name of Object.keys(settings)) {
    const file = environment[`${name}_FILE`];
    const value =
      environment[name] ??
      (file !== undefined && !(`${name}_FILE` in settings) ? readFileSync(file, 'utf8').trim() : undefined);
    if (value !== undefined && value !== '') raw[name] = value;
  }
  if (environment['NODE_ENV'] === 'production') raw['HJEMMEBRO_MODE'] ??= 'production';
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const values = parsed.data;
  const issuers = values.ISSUERS_FILE === undefined ? [] : readIssuers(values.ISSUERS_FILE);
  const production = values.HJEMMEBRO_MODE === 'production';
  if (production && issuers.length === 0) {
    throw new ConfigError(
      'ISSUERS_FILE: production needs at least one token issuer; demo keys are for development only',
    );
  }
  if (production && values.EMBEDDED_ISSUER === true)
    throw new ConfigError('EMBEDDED_ISSUER: anyone can log in there as anyone; it is for development only');
  return Object.freeze({
    ...values,
    EMBEDDED_ISSUER: values.EMBEDDED_ISSUER ?? !production,
    issuers,
    production,
    baseUrl:
      values.BASE_URL ?? `${values.TLS_CERT_FILE === undefined ? 'http' : 'https'}://localhost:${values.PORT}/fhir`,
  });
}

function readIssuers(file: string): readonly IssuerConfig[] {
  try {
    return z
      .array(issuerSchema)
      .min(1)
      .parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ConfigError(
      `ISSUERS_FILE: ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
