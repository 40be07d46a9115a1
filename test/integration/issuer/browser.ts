import { createHash, randomBytes } from 'node:crypto';

/** As much of a browser as a login needs: cookies, redirects by hand, forms. */
export class Browser {
  private readonly cookies = new Map<string, string>();

  /** @param origin every address of the issuer is asked for here, whatever name it goes by */
  constructor(private readonly origin: string) {}

  async go(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const { pathname, search } = new URL(url, this.origin);
    const response = await fetch(`${this.origin}${pathname}${search}`, {
      redirect: 'manual',
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '') this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    return response;
  }

  /** Follows redirects below `/auth` until a page or an address outside. */
  async follow(url: string, form?: Readonly<Record<string, string>>): Promise<Landing> {
    let response = await this.go(url, form);
    let at = url;
    for (let step = 0; step < 12 && response.status >= 300 && response.status < 400; step += 1) {
      at = new URL(response.headers.get('location')!, this.origin).href;
      if (!new URL(at).pathname.startsWith('/auth/')) return { at, status: response.status, html: '', response };
      response = await this.go(at);
    }
    return { at, status: response.status, html: await response.text(), response };
  }
}

export interface Landing {
  readonly at: string;
  readonly status: number;
  readonly html: string;
  readonly response: Response;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope: string;
  readonly patient?: string;
  readonly token_type: string;
  readonly error?: string;
}

export interface Login {
  readonly client: string;
  readonly user: string;
  readonly scope: string;
  readonly redirect: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Answer to the question for consent. */
  readonly consent?: Readonly<Record<string, string>>;
}

/** The authorization code flow with PKCE, as an app does it. */
export async function logIn(origin: string, login: Login): Promise<{ landing: Landing; tokens?: Tokens }> {
  const browser = new Browser(origin);
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: login.client,
    redirect_uri: login.redirect,
    scope: login.scope,
    state: 'state-of-the-app',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...login.parameters,
  });
  let landing = await browser.follow(`/auth/authorize?${query.toString()}`);
  if (landing.html.includes('name="user"'))
    landing = await browser.follow(landing.at, { user: login.user, answer: 'yes' });
  if (landing.html.includes('Gi tilgang') && login.consent !== undefined)
    landing = await browser.follow(landing.at, { answer: 'yes', ...login.consent });
  const code = new URL(landing.at, origin).searchParams.get('code');
  if (code === null) return { landing };
  return {
    landing,
    tokens: await token(origin, {
      grant_type: 'authorization_code',
      client_id: login.client,
      code,
      redirect_uri: login.redirect,
      code_verifier: verifier,
    }),
  };
}

export async function token(origin: string, form: Readonly<Record<string, string>>): Promise<Tokens> {
  const response = await fetch(`${origin}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
  return (await response.json()) as Tokens;
}
