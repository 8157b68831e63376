import { digestOf } from '../../domain/digest.ts'
import { isCutOff } from '../../domain/halts/halt.ts'
import type { LoginSession } from '../../domain/people/login.ts'
import { isSealedState, personIn, readState, sessionOf, writeNonce, writeState } from '../../domain/people/login.ts'
import { type Person, withIdentity } from '../../domain/people/organisation.ts'
import { type Digest, defined, type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { IdTokens, LoginProvider, LoginPurpose, ProvenLogin, Secrets, SessionStore } from './ports.ts'

export type LoginPorts = {
  sessions: SessionStore
  provider: LoginProvider
  tokens: IdTokens
  secrets: Secrets
  policy: Pick<Policy, 'bundle'>
  clock: Clock
  log: Log
}

/** The longest login at the provider. Seconds. */
const loginSeconds = 600

/** A session's key: the hash of its cookie, which is never stored. */
export const sessionKey = (cookie: string): Digest => digestOf('hotwork.session.v1', cookie)
const stateKey = (state: string): Digest => digestOf('hotwork.login.v1', state)
/** Derived from the cookie, which only this browser has, so neither nonce nor verifier is stored. */
const derived = (use: 'pkce' | 'nonce', cookie: string, state: string): string =>
  digestOf(`hotwork.${use}.v1`, { cookie, state }).slice('sha-256:'.length)

/**
 * Begins a login, and returns the address for the browser. Any caller may begin a login for a page, so it stores
 * nothing: its state has its purpose.
 *
 * @param cookie only the browser with this cookie can end the login
 */
export async function beginLogin(
  { purpose, cookie, redirect }: { purpose: LoginPurpose; cookie: string; redirect: string },
  { sessions, provider, secrets, clock }: LoginPorts,
): Promise<string> {
  const expiresAt = clock.now() + loginSeconds
  const state =
    'to' in purpose ? writeState(cookie, { purpose, expiresAt, random: secrets.secret() }) : secrets.secret()
  const nonce = nonceOf(purpose, cookie, state)
  if ('decision' in purpose)
    await sessions.begin(stateKey(state), {
      ...{ browser: sessionKey(cookie), nonce, expiresAt },
      sealed: secrets.seal(JSON.stringify(purpose), sealedBy(cookie, state)),
    })
  const { acr, maxAge } = purpose
  return provider.address({
    redirect,
    state,
    nonce,
    verifier: derived('pkce', cookie, state),
    ...defined({ acr, maxAge }),
  })
}

/**
 * The secret under which a login's purpose, which has a person's words, is stored. The store has neither cookie nor
 * state.
 */
const sealedBy = (cookie: string, state: string): string => `${cookie} ${state}`

const nonceOf = (purpose: LoginPurpose, cookie: string, state: string): string => {
  const random = derived('nonce', cookie, state)
  return 'decision' in purpose ? writeNonce({ ...purpose.decision, random }) : random
}

export type LoginRefusal = 'login_unknown' | 'login_failed' | 'unknown_person' | 'inactive'

export type LoggedIn = {
  person: Person
  login: ProvenLogin
  purpose: LoginPurpose
  cookie: string
}

/** Ends a login. The earlier session ends too, so that a leaked cookie is worthless. */
export async function finishLogin(
  { answer, cookie }: { answer: URL; cookie: string },
  ports: LoginPorts,
): Promise<Result<LoggedIn, LoginRefusal>> {
  const { sessions, provider, tokens, secrets, policy, clock, log } = ports
  const state = answer.searchParams.get('state') ?? ''
  const pending = await pendingLogin(state, cookie, ports)
  const now = clock.now()
  if (!pending || now >= pending.expiresAt) return refuse('login_unknown')
  const { purpose, nonce } = pending
  const { maxAge } = purpose
  const checks = { state, nonce, verifier: derived('pkce', cookie, state), ...defined({ maxAge }) }
  const redeemed = await provider.redeem(answer, checks)
  if (!redeemed.ok) return redeemed
  const proven = await tokens.verify(redeemed.value, nonce)
  if (!proven.ok) return proven
  if (isSealedState(state) && !(await sessions.once(stateKey(state), pending.expiresAt))) return refuse('login_unknown')
  const { people } = policy.bundle.directory
  const person = withIdentity(people, proven.value.identity, now)
  if (person?.status !== 'active') {
    log.warn('login_without_active_person', { code: person ? 'inactive' : 'unknown_person' })
    return refuse(person ? 'inactive' : 'unknown_person')
  }
  const next = secrets.secret()
  const session = sessionOf(person, proven.value, policy.bundle.directory, now)
  await sessions.open(sessionKey(next), session)
  await sessions.end(sessionKey(cookie), session.expiresAt)
  log.info('logged_in', { person: person.id })
  return ok({ person, login: proven.value, purpose, cookie: next })
}

/** The login of this state, if this browser began it. A stored one is removed, so that it is found once. */
async function pendingLogin(
  state: string,
  cookie: string,
  { sessions, secrets }: Pick<LoginPorts, 'sessions' | 'secrets'>,
): Promise<{ purpose: LoginPurpose; nonce: string; expiresAt: NumericDate } | undefined> {
  if (!isSealedState(state)) {
    const pending = await sessions.take(stateKey(state))
    if (pending?.browser !== sessionKey(cookie)) return undefined
    const { sealed, nonce, expiresAt } = pending
    const purpose = secrets.unseal(sealed, sealedBy(cookie, state))
    return purpose === undefined ? undefined : { purpose: JSON.parse(purpose) as LoginPurpose, nonce, expiresAt }
  }
  const sealed = readState(cookie, state)
  return sealed && { ...sealed, nonce: nonceOf(sealed.purpose, cookie, state) }
}

export type Visitor = { person: Person; session: LoginSession; key: Digest }

export async function findVisitor(
  cookie: string | undefined,
  { sessions, policy, clock }: Pick<LoginPorts, 'sessions' | 'policy' | 'clock'>,
): Promise<Visitor | undefined> {
  if (cookie === undefined) return undefined
  const key = sessionKey(cookie)
  const session = await sessions.find(key)
  const now = clock.now()
  const person = session && personIn(session, policy.bundle.directory, now)
  if (!session || !person) return undefined
  // A thief may have begun the session, so a session from before its person's halt was lifted is dead.
  if (isCutOff(session.startedAt, await sessions.haltsOf(person.id), now)) return undefined
  return { person, session, key }
}

export const logOut = ({ key, session }: Visitor, { sessions }: Pick<LoginPorts, 'sessions'>): Promise<void> =>
  sessions.end(key, session.expiresAt)
