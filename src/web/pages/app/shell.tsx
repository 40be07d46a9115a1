import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Session } from '../auth/session.js';
import { keepSession } from '../auth/session.js';
import { type Language, languageNames, languages, type Text } from '../words/language.js';
import { commonWords, navigationWords } from '../words/page-words.js';
import { Chooser } from './choice.js';
import { keepLanguage } from './chosen-language.js';
import { useApp } from './context.js';
import { follow, usePlace } from './router.js';

type Role = NonNullable<Session['role']>;

const pages: readonly { readonly path: string; readonly words: Text; readonly roles: readonly Role[] }[] = [
  { path: '/varsler', words: navigationWords.alerts, roles: ['municipality'] },
  { path: '/moteliste', words: navigationWords.meeting, roles: ['municipality'] },
  { path: '/henvisninger', words: navigationWords.referrals, roles: ['municipality'] },
  { path: '/plan', words: navigationWords.plan, roles: ['gp', 'hospital'] },
  { path: '/trend', words: navigationWords.trend, roles: ['municipality', 'gp', 'hospital'] },
  { path: '/min-side', words: navigationWords.own, roles: ['citizen'] },
];

/** The page that a person comes to first. */
export const startOf = (session: Session | undefined): string =>
  pages.find(({ roles }) => session?.role !== undefined && roles.includes(session.role))?.path ?? '/trend';

/** Head, navigation and foot around every page. */
export function Shell({
  children,
  setLanguage,
}: {
  readonly children: ComponentChildren;
  readonly setLanguage: (language: Language) => void;
}): JSX.Element {
  const { say, session, language } = useApp();
  const { path } = usePlace();
  const mine = pages.filter(({ roles }) => session?.role === undefined || roles.includes(session.role));
  return (
    <>
      <a class="skip" href="#content">
        {say(commonWords.skip)}
      </a>
      <header class="head">
        <a class="brand" href="/" onClick={follow}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M5 22h22M8 22a8 8 0 0 1 16 0M16 14v8M11.500 16v6M20.500 16v6" />
          </svg>
          {say(commonWords.product)}
        </a>
        {session !== undefined && mine.length > 1 && (
          <nav aria-label={say(commonWords.menu)}>
            {mine.map((page) => (
              <a
                key={page.path}
                href={page.path}
                onClick={follow}
                aria-current={page.path === path ? 'page' : undefined}
              >
                {say(page.words)}
              </a>
            ))}
          </nav>
        )}
        <div class="settings">
          <Chooser
            label={say(commonWords.language)}
            value={language}
            options={languages.map((one) => [one, languageNames[one]])}
            onChange={(value) => {
              keepLanguage(value as Language);
              setLanguage(value as Language);
            }}
          />
          <Look />
          {session !== undefined && (
            <>
              <span class="who">{session.name}</span>
              <button type="button" class="quiet" onClick={() => logOut(session)}>
                {say(commonWords.logOut)}
              </button>
            </>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <footer class="foot">{say(commonWords.emergency)}</footer>
    </>
  );
}

const lookPlace = 'hjemmebro.look';

/** Light, dark, or as the device is set. */
function Look(): JSX.Element {
  const { say } = useApp();
  const [look, setLook] = useState(() => localStorage.getItem(lookPlace) ?? 'auto');
  useEffect(() => {
    localStorage.setItem(lookPlace, look);
    document.documentElement.dataset['look'] = look;
    dispatchEvent(new Event('look'));
  }, [look]);
  return (
    <Chooser
      label={say(commonWords.look)}
      value={look}
      options={[
        ['auto', say(commonWords.lookAuto)],
        ['light', say(commonWords.lookLight)],
        ['dark', say(commonWords.lookDark)],
      ]}
      onChange={setLook}
    />
  );
}

function logOut(session: Session): void {
  keepSession(undefined);
  if (session.endSessionEndpoint === undefined || session.idToken === undefined) {
    location.assign('/');
    return;
  }
  const url = new URL(session.endSessionEndpoint);
  url.search = new URLSearchParams({
    id_token_hint: session.idToken,
    post_logout_redirect_uri: `${location.origin}/`,
  }).toString();
  location.assign(url);
}
