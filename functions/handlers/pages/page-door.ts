// Rules: test/http/pages.test.ts
import { timingSafeEqual } from 'node:crypto'
import { type Call, type Endpoint, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem, type BadRequest, type Problem, refusalProblem } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { messagePage, pageHeaders, type Reader } from '../../adapters/pages/layout.ts'
import { digestOf } from '../../domain/digest.ts'
import { sessionSeconds } from '../../domain/people/login.ts'
import { type Refusal, refusals } from '../../domain/refusals.ts'
import type { PersonId } from '../../domain/values.ts'
import type { LoggedIn, LoginPorts, LoginRefusal, Visitor } from '../../operations/people/log-in.ts'
import { findVisitor, finishLogin } from '../../operations/people/log-in.ts'
import type { DoorPorts } from '../doors.ts'

type CookieName = 'session' | 'link'
const cookieSeconds: { readonly [name in CookieName]: number } = { session: sessionSeconds, link: 600 }

/** 256 bits as base64url. */
export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

export const unknownForm = () => apiProblem(400, 'invalid_form')

/**
 * The name of a cookie. `__Host-`: set by this host over TLS, for all its paths and for no other host (RFC 6265bis
 * section 4.1.3.2). Browsers refuse the prefix on loopback without TLS, so it is left out if the issuer itself is
 * `http`.
 */
const nameOf = (issuer: string, name: CookieName): string =>
  issuer.startsWith('https:') ? `__Host-hotwork-${name}` : `hotwork-${name}`

/** A browser's cookie of a name. Undefined if it sends two, since another site may have set one. */
export function cookieOf(call: Call, issuer: string, name: CookieName): string | undefined {
  const prefix = `${nameOf(issuer, name)}=`
  const sent = (call.header('cookie') ?? '').split(/;\s*/).filter((each) => each.startsWith(prefix))
  const value = sent[0]?.slice(prefix.length) ?? ''
  return sent.length === 1 && isSecret(value) ? value : undefined
}

/** The header that sets or deletes a cookie. It is `Lax`, since a browser returns from the provider by a plain link. */
export function setCookie(issuer: string, name: CookieName, value: string | undefined): { 'set-cookie': string } {
  const secure = issuer.startsWith('https:') ? '; Secure' : ''
  const age = value === undefined ? 0 : cookieSeconds[name]
  return {
    'set-cookie': `${nameOf(issuer, name)}=${value ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`,
  }
}

/** A digest of the session's cookie, which only pages of this session know. */
export const csrfOf = (cookie: string): string => digestOf('hotwork.csrf.v1', cookie).slice('sha-256:'.length)

/** Checks that a form comes from a page of this session. Fetch metadata and `Origin`, if sent, must name this site. */
export function formOf(call: Call, issuer: string, cookie: string): Form {
  const [site, origin] = [call.header('sec-fetch-site'), call.header('origin')]
  const fromHere = (site === undefined || site === 'same-origin') && (origin === undefined || origin === issuer)
  const form = call.form()
  if (fromHere && isSame(form.get('csrf') ?? '', csrfOf(cookie))) return form
  throw apiProblem(403, 'foreign_form', 'Nothing was recorded. Open the page again and decide there')
}

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

export type PagePorts = DoorPorts & Pick<LoginPorts, 'sessions'>

export type Guest = Visitor & { cookie: string; reader: Reader & { person: PersonId } }

export const shown = (issuer: string, body: string, status = 200, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { ...pageHeaders(issuer), ...headers },
  body,
})

/** Redirects to another page. After a form this makes a reload harmless. */
export const goTo = (issuer: string, location: string, headers: Answer['headers'] = {}): Answer => ({
  status: 303,
  headers: { ...pageHeaders(issuer), location, ...headers },
  body: '',
})

export const pageDoor =
  ({ issuer, log, clock }: PagePorts, handle: (call: Call) => Promise<Answer>): Endpoint =>
  (event) =>
    endpoint({ issuer, log, clock, tell: problemPage(issuer, event.routeKey) }, handle)(event)

const problemPage =
  (issuer: string, route: string) =>
  ({ status, code, title, detail = '', headers = {} }: Problem): Answer => {
    const isFault = status >= 500 && code !== 'no_login'
    // The text for pages: a fault's own detail is for callers of the API.
    const text = !isFault ? detail : route.startsWith('GET') ? unread : unsure
    const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$|^$/.test(text) ? '' : '.'}`.replaceAll(
      '`',
      '',
    )
    return shown(issuer, messagePage({ title, text: sentence, next: nextOf(route, isFault) }), status, headers)
  }

/** The next link. The address of a login's answer cannot be retried, since the answer counts once. */
function nextOf(route: string, isFault: boolean): { href: string; text: string } {
  if (!isFault || route.includes('/login')) return { href: '/decide', text: 'Waiting for you' }
  if (route.startsWith('GET')) return { href: '', text: 'Try again' }
  const [, section = ''] = pathIn(route).split('/')
  return { href: section === 'logout' ? '/decide' : `/${section}`, text: 'See the record' }
}

const unread = 'Nothing was changed. Wait a moment, then try again. If it stays so, tell the people who run Hotwork'

/** After a fault only the subject's own page shows whether the form was recorded. */
const unsure =
  'It is unknown whether your form was recorded. Before you send it again, look at its page, which shows the record'

export async function guestOf(call: Call, ports: PagePorts): Promise<Guest | undefined> {
  const cookie = cookieOf(call, ports.issuer, 'session')
  const visitor = await findVisitor(cookie, ports)
  return visitor && cookie !== undefined ? guestFor(visitor, cookie, pathIn(call.route)) : undefined
}

/** The path of a route without its parameter. */
const pathIn = (route: string): string => route.slice(route.indexOf('/'))

export const guestFor = <V extends Pick<Visitor, 'person'>>(visitor: V, cookie: string, at = '') => ({
  ...visitor,
  cookie,
  reader: { name: visitor.person.name, csrf: csrfOf(cookie), person: visitor.person.id, at },
})

/** @throws BadRequest if its sender is logged out, or the form belongs to another session */
export async function sentForm(call: Call, page: string, ports: PagePorts): Promise<{ guest: Guest; form: Form }> {
  const guest = await guestOf(call, ports)
  if (!guest) throw loggedOut(`${ports.issuer}${page}`)
  return { guest, form: formOf(call, ports.issuer, guest.cookie) }
}

export const toLogin = (issuer: string, to: string): Answer => goTo(issuer, `/login?to=${encodeURIComponent(to)}`)

/** A form from a sender who is logged out is refused, since it belongs to an ended session. */
const loggedOut = (page: string): BadRequest =>
  apiProblem(401, 'logged_out', `Nothing was recorded. Log in again, then decide at ${page}`, {
    // RFC 9110 section 15.5.2 requires a challenge with each 401, but no registered scheme fits a login with a session.
    'www-authenticate': 'Cookie realm="Hotwork", form-action="/login"',
  })

const loginRefusals: { readonly [code in LoginRefusal]: readonly [status: number, title: string, text: string] } = {
  login_unknown: [
    400,
    'This login could not be finished',
    'It took longer than ten minutes, was finished already, or was begun in another browser. Nothing was recorded. Begin again.',
  ],
  login_failed: [
    403,
    'You are not logged in',
    'The identity provider did not complete your login as required. Nothing was recorded. Begin again, and finish the login there.',
  ],
  unknown_person: [
    403,
    'You are not in the directory',
    'The identity provider knows you, but Hotwork’s directory does not. The people who keep it can add you.',
  ],
  inactive: [
    403,
    'Your entry in the directory is not active',
    'Ask the people who keep the directory. Nothing was recorded.',
  ],
}

/**
 * Ends a login at the address to which the provider sent the browser. The address is built from our own issuer,
 * not from `Host`, since the provider compares it.
 */
export async function endLogin(
  call: Call,
  path: string,
  { issuer, log, login }: PagePorts & { login: () => LoginPorts },
): Promise<{ ok: true; loggedIn: LoggedIn } | { ok: false; answer: Answer }> {
  const ports = login()
  const answer = new URL(path, issuer)
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) {
    const value = call.query(name)
    if (value !== undefined) answer.searchParams.set(name, value)
  }
  const done = await finishLogin({ answer, cookie: cookieOf(call, issuer, 'session') ?? '' }, ports)
  if (done.ok) return { ok: true, loggedIn: done.value }
  log.info('login_refused', { code: done.code, detail: done.detail })
  const [status, title, text] = loginRefusals[done.code]
  const next = { href: '/decide', text: 'Log in again' }
  return { ok: false, answer: shown(issuer, messagePage({ title, text, next }), status) }
}

export const notShown = (code: 'not_permitted' | 'unknown_request' = 'unknown_request'): BadRequest =>
  refusalProblem(code)

/** The status of a page with a refusal. It is never 401, which needs a challenge. */
export function pageStatus(code: Refusal): number {
  const { status } = refusals[code]
  return status === 401 ? 409 : status
}
