import express, { type NextFunction, type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import type { Provider } from 'oidc-provider';
import type { IssuerUser } from '../../config/demo-users.js';
import type { Principal } from '../../access/principal.js';
import { Failure } from '../../kernel/failure.js';
import type { Authenticate } from '../authenticate.js';
import { principalOfClaims } from '../principal-of-claims.js';
import { asksForPatient } from './interaction-policy.js';
import { type IssuerParts, type LaunchContext, launchContextKind } from './issuer-parts.js';
import { makeLaunch, openLaunch } from './launch.js';
import { consentPage, failurePage, loginPage, styleSheet } from './pages.js';
import { createProvider } from './provider.js';
import { embeddedIssuerSettings, userClaims } from './user-claims.js';

export type IssuerEndpoint = IssuerParts & {
  readonly authenticate: Authenticate;
};

const canonical = /^\/(?:token|jwks|revoke|\.well-known\/)/;

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

/** How long the context of a launch is kept: as long as its grant, seconds. */
const grantLife = 30 * 86_400;

/** What is mounted at `/auth`: oidc-provider, its pages for login and consent, and the launch of an app. */
export function issuerEndpoint(parts: IssuerEndpoint): Router {
  const provider = createProvider(parts);
  const router = Router();
  const users = new Map(parts.users.map((user) => [user.id, user]));
  const form = express.urlencoded({ extended: false, limit: 20_000, parameterLimit: 20 });
  const json = express.json({ limit: 20_000 });

  const grantTo = async (details: Details, answer: Consent['answer'], req: Request, res: Response): Promise<void> => {
    const grantId = await granted(provider, details, { parts, users, answer });
    if (grantId === undefined) {
      const why = 'Pasienten finnes ikke, eller du har ikke tilgang til den.';
      res.status(403).type('html').send(failurePage('access_denied', why));
      return;
    }
    await provider.interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
  };

  router.use(protectedPages);
  router.get('/style.css', (_req, res) => {
    res.type('css').send(styleSheet);
  });
  router.post('/launch', json, async (req, res) => {
    const by = await parts.authenticate(req.headers, { method: req.method, path: req.originalUrl });
    res.set('Cache-Control', 'no-store').json(await makeLaunch(req.body, by, parts));
  });
  router.get('/interaction/:uid', async (req, res) => {
    const details = await interaction(provider, req, res);
    if (needsNoQuestion(details, parts, users)) await grantTo(details, {}, req, res);
    else {
      allowFormsTo(res, details);
      res.type('html').send(await question(details, parts, users));
    }
  });
  router.post('/interaction/:uid', form, async (req, res) => {
    const details = await interaction(provider, req, res);
    allowFormsTo(res, details);
    const answer = (req.body ?? {}) as Readonly<Record<string, unknown>>;
    if (answer['answer'] !== 'yes') {
      const refusal = { error: 'access_denied', error_description: 'the person said no' };
      await provider.interactionFinished(req, res, refusal, { mergeWithLastSubmission: false });
      return;
    }
    if (details.prompt.name === 'login') {
      const user = users.get(typeof answer['user'] === 'string' ? answer['user'] : '');
      if (user === undefined) {
        res
          .status(400)
          .type('html')
          .send(await question(details, parts, users, 'Velg hvem du er.'));
        return;
      }
      const login = { accountId: user.id, acr: `Level${user.securityLevel}`, amr: ['demo'] };
      await provider.interactionFinished(req, res, { login }, { mergeWithLastSubmission: false });
      return;
    }
    await grantTo(details, answer, req, res);
  });
  router.get('/authorize', askBeforeOfflineAccess);
  const callback = provider.callback();
  const host = new URL(parts.issuer).host;
  router.use((req, res) => {
    // What is published says one address, whatever name the server was asked by; a login stays with the browser's.
    if (canonical.test(req.url)) req.headers.host = host;
    void callback(req, res);
  });
  return router;
}

/** No script, no frame, no foreign content. */
const policy = { 'default-src': ["'none'"], 'script-src': ["'none'"], 'style-src': ["'self'"], 'base-uri': ["'none'"] };
const protectedPages = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { ...policy, 'form-action': ["'self'"], 'frame-ancestors': ["'none'"] },
  },
  referrerPolicy: { policy: 'no-referrer' },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
});

/** A form's answer leads on to the app, and browsers hold that redirect to the policy of the page. */
function allowFormsTo(res: Response, { params }: Details): void {
  const target = URL.parse(String(params['redirect_uri'] ?? ''));
  const source = target === null ? '' : target.origin === 'null' ? target.protocol : target.origin;
  const policyText = String(res.getHeader('Content-Security-Policy')).replace(
    "form-action 'self'",
    `form-action 'self' ${source}`,
  );
  res.setHeader('Content-Security-Policy', policyText);
  res.setHeader('Cache-Control', 'no-store');
}

/** OpenID Connect gives offline access only where consent is asked for, and SMART apps do not know to say so. */
function askBeforeOfflineAccess(req: Request, _res: Response, next: NextFunction): void {
  const url = new URL(req.url, 'http://issuer');
  if (url.searchParams.get('scope')?.split(' ').includes('offline_access') && !url.searchParams.has('prompt')) {
    url.searchParams.set('prompt', 'consent');
    req.url = `${url.pathname}${url.search}`;
  }
  next();
}

/** @throws Failure('invalid') for an interaction that is over, or another browser's */
async function interaction(provider: Provider, req: Request, res: Response): Promise<Details> {
  try {
    const details = await provider.interactionDetails(req, res);
    if (details.uid === req.params['uid']) return details;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 400) throw error;
  }
  throw new Failure('invalid', 'The login is over or belongs to another window; begin again in the app.');
}

async function question(
  details: Details,
  parts: IssuerParts,
  users: ReadonlyMap<string, IssuerUser>,
  failed?: string,
): Promise<string> {
  const client = parts.clients.find((one) => one.id === details.params['client_id'])?.name ?? '';
  const action = `${new URL(parts.issuer).pathname}/interaction/${details.uid}`;
  if (details.prompt.name === 'login') return loginPage(parts.users, client, action, failed);
  const user = users.get(details.session!.accountId)!;
  const scopes = scopesOf(details);
  const choosing = choosesPatient(details, user);
  return consentPage({
    client,
    user: user.name,
    scopes,
    action,
    ...(choosing && { patients: await parts.patientsOf(principalOf(user, details, parts)) }),
  });
}

/** Our own pages are trusted, also with what is open in the system that launches them: they show it as any link of ours does. */
const needsNoQuestion = (details: Details, { clients }: IssuerParts, users: ReadonlyMap<string, IssuerUser>): boolean =>
  details.prompt.name === 'consent' &&
  clients.find(({ id }) => id === details.params['client_id'])?.kind === 'pages' &&
  !choosesPatient(details, users.get(details.session!.accountId)!);

const scopesOf = ({ params }: Details): readonly string[] =>
  String(params['scope'] ?? '')
    .split(' ')
    .filter(Boolean);

const choosesPatient = (details: Details, user: IssuerUser): boolean =>
  user.role !== 'citizen' && details.params['launch'] === undefined && asksForPatient(scopesOf(details));

/** Who the person would be for the FHIR endpoint, to see what they may see. */
function principalOf(user: IssuerUser, details: Details, parts: IssuerParts): Principal {
  const client = String(details.params['client_id']);
  const payload = { sub: user.id, client_id: client, scope: 'user/Patient.rs', ...userClaims(user, parts.controller) };
  return principalOfClaims(payload, embeddedIssuerSettings(parts));
}

interface Consent {
  readonly parts: IssuerParts;
  readonly users: ReadonlyMap<string, IssuerUser>;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** @returns the grant's id; undefined where the launch is about a patient whom the person may not see */
async function granted(provider: Provider, details: Details, consent: Consent): Promise<string | undefined> {
  const { parts, users, answer } = consent;
  const accountId = details.session!.accountId;
  const user = users.get(accountId)!;
  const clientId = String(details.params['client_id']);
  const context = contextOf(details, user, parts, answer);
  const seen =
    context?.patient === undefined ||
    (await parts.patientsOf(principalOf(user, details, parts), context.patient)).length > 0;
  if (!seen || (choosesPatient(details, user) && context?.patient === undefined)) return undefined;
  const grant =
    (details.grantId === undefined || context !== undefined ? undefined : await provider.Grant.find(details.grantId)) ??
    new provider.Grant({ accountId, clientId });
  const missing = details.prompt.details as {
    readonly missingOIDCScope?: string[];
    readonly missingResourceScopes?: Readonly<Record<string, string[]>>;
  };
  grant.addOIDCScope((missing.missingOIDCScope ?? []).join(' '));
  for (const [resource, scopes] of Object.entries(missing.missingResourceScopes ?? {}))
    grant.addResourceScope(resource, scopes.join(' '));
  const grantId = await grant.save();
  if (context !== undefined) await parts.records(launchContextKind).upsert(grantId, { ...context, grantId }, grantLife);
  return grantId;
}

function contextOf(
  details: Details,
  user: IssuerUser,
  parts: IssuerParts,
  answer: Consent['answer'],
): LaunchContext | undefined {
  if (user.role === 'citizen') return undefined;
  const launch = details.params['launch'];
  if (typeof launch === 'string') return openLaunch(launch, String(details.params['client_id']), parts) ?? {};
  const patient = answer['patient'];
  return choosesPatient(details, user) && typeof patient === 'string' ? { patient } : undefined;
}
