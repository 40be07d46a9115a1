import { render, type ComponentType, type JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { startLanguage } from './app/chosen-language.js';
import { AppContext, useApp } from './app/context.js';
import { go, usePlace } from './app/router.js';
import { Shell, startOf } from './app/shell.js';
import { authorization } from './auth/authorization.js';
import { LaunchPage, LoginPage, ReturnPage } from './auth/login-page.js';
import { keepSession, keptSession } from './auth/session.js';
import { FhirClient } from './fhir/client.js';
import { type Language, sayIn } from './words/language.js';
import { commonWords } from './words/page-words.js';
import './style/colours.css';
import './style/base.css';
import './style/parts.css';
import './style/plan.css';

/** Each page is fetched when it is first opened. */
const pages: Readonly<Record<string, () => Promise<ComponentType>>> = {
  '/varsler': async () => (await import('./alerts/alerts-page.js')).AlertsPage,
  '/moteliste': async () => (await import('./alerts/meeting-page.js')).MeetingPage,
  '/trend': async () => (await import('./trend/trend-page.js')).TrendPage,
  '/plan': async () => (await import('./plan/plan-page.js')).PlanPage,
  '/henvisninger': async () => (await import('./referrals/referrals-page.js')).ReferralsPage,
  '/min-side': async () => (await import('./patient/own-page.js')).OwnPage,
};

function Root(): JSX.Element {
  const [language, setLanguage] = useState<Language>(startLanguage);
  const [session, setSession] = useState(keptSession);
  const [ended, setEnded] = useState(false);
  const fhir = useMemo(
    () =>
      new FhirClient({
        base: '/fhir',
        authorization,
        onRefused() {
          keepSession(undefined);
          setSession(undefined);
          setEnded(true);
        },
      }),
    [],
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const app = useMemo(() => ({ language, say: sayIn(language), fhir, session }), [language, fhir, session]);
  return (
    <AppContext.Provider value={app}>
      <Shell setLanguage={setLanguage}>
        <Page ended={ended} onLogin={() => setSession(keptSession())} />
      </Shell>
    </AppContext.Provider>
  );
}

function Page({ ended, onLogin }: { readonly ended: boolean; readonly onLogin: () => void }): JSX.Element {
  const { session } = useApp();
  const { path, query } = usePlace();
  useEffect(() => {
    // A citizen has one page; whatever else was asked for, the server would refuse.
    if (session !== undefined && (path === '/' || (session.role === 'citizen' && pages[path] !== undefined)))
      go(startOf(session), true);
  }, [session, path]);
  if (path === '/launch') return <LaunchPage issuer={query.get('iss') ?? ''} launch={query.get('launch') ?? ''} />;
  if (path === '/callback') return <ReturnPage onLogin={onLogin} />;
  if (session === undefined) return <LoginPage ended={ended} />;
  return <Lazy path={path} />;
}

function Lazy({ path }: { readonly path: string }): JSX.Element {
  const { say } = useApp();
  const first = useRef(path);
  const [loaded, setLoaded] = useState<{ readonly path: string; readonly Page: ComponentType }>();
  useEffect(() => {
    void pages[path]?.().then((Page) => {
      setLoaded({ path, Page });
      // Whoever follows a link of ours by keyboard goes on in what it opened.
      if (first.current !== path) document.querySelector<HTMLElement>('#content')?.focus();
      first.current = '';
    });
  }, [path]);
  if (loaded === undefined || loaded.path !== path) return <p class="waiting">{say(commonWords.loading)}</p>;
  return <loaded.Page key={path} />;
}

render(<Root />, document.querySelector('#page')!);
