import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { Notice } from '../app/notice.js';
import { go, usePlace } from '../app/router.js';
import { loginWords } from '../words/page-words.js';
import { beginLogin, finishLogin, isOurs } from './login.js';

/** Before anything is shown. Whoever followed a link comes to what it selects after the login. */
export function LoginPage({ ended }: { readonly ended: boolean }): JSX.Element {
  const { say } = useApp();
  const { path, query } = usePlace();
  const [failure, setFailure] = useState<string>();
  const logIn = (): void => {
    const search = query.toString();
    beginLogin({
      back: search === '' ? path : `${path}?${search}`,
      who: path === '/min-side' ? 'citizen' : 'professional',
    }).catch((error: unknown) => setFailure(String((error as Error).message)));
  };
  return (
    <section class="card login">
      <h1>{say(loginWords.title)}</h1>
      <p class="lead">{path === '/' ? say(loginWords.lead) : say(ended ? loginWords.ended : loginWords.needed)}</p>
      {failure !== undefined && <Notice bad>{say(loginWords.failed, { why: failure })}</Notice>}
      <button type="button" class="primary" onClick={logIn}>
        {say(loginWords.button)}
      </button>
    </section>
  );
}

/** Opened by an EPJ with a patient: https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
export function LaunchPage({ issuer, launch }: { readonly issuer: string; readonly launch: string }): JSX.Element {
  const { say } = useApp();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    const start = async (): Promise<void> => {
      if (!isOurs(issuer)) throw new Error(say(loginWords.notOurs));
      await beginLogin({ back: '/trend', who: 'professional', launch });
    };
    start().catch((error: unknown) => setFailure(String((error as Error).message)));
  }, []);
  return <Working failure={failure} />;
}

/** Where the issuer sends the browser back to. */
export function ReturnPage({ onLogin }: { readonly onLogin: () => void }): JSX.Element {
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    finishLogin(new URLSearchParams(location.search)).then(
      (back) => {
        // The code must not stay in the address or the history.
        go(back, true);
        onLogin();
      },
      (error: unknown) => setFailure(String((error as Error).message)),
    );
  }, []);
  return <Working failure={failure} />;
}

function Working({ failure }: { readonly failure: string | undefined }): JSX.Element {
  const { say } = useApp();
  return failure === undefined ? (
    <p class="waiting">{say(loginWords.working)}</p>
  ) : (
    <Notice bad>{say(loginWords.failed, { why: failure })}</Notice>
  );
}
