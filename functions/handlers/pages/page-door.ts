import { timingSafeEqual } from 'node:crypto'
import { type Call, type Endpoint, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest, type Problem } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { messagePage, pageHeaders, type Reader } from '../../adapters/pages/layout.ts'
import { digestOf } from '../../domain/digest.ts'
import { sessionSeconds } from '../../domain/people/login.ts'
import { RequestId } from '../../domain/values.ts'
import {
  findVisitor,
  finishLogin,
  type LoggedIn,
  type LoginPorts,
  type LoginRefusal,
  type Visitor,
} from '../../operations/people/log-in.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'

/** The cookies of the pages: whose browser it is, and the link that Slack showed to it. */
type CookieName = 'session' | 'link'
const cookieSeconds: { readonly [name in CookieName]: number } = { session: sessionSeconds, link: 600 }

/** 256 bits as base64url, and nothing else that a browser may send. */
const secret = /^[A-Za-z0-9_-]{43}$/

/**
 * `__Host-`: set by this very host over TLS, for all of it and for no other (RFC 6265bis section 4.1.3.2). On loopback
 * there is no TLS, and browsers take no such name there: the one deviation, and only where the issuer itself is `http`.
 */
const nameOf = (issuer: string, name: CookieName): string =>
  issuer.startsWith('https:') ? `__Host-hotwork-${name}` : `hotwork-${name}`

/** What a browser holds under a name; nothing where it sends two of them, since nobody knows which is ours. */
export function cookieOf(call: Call, issuer: string, name: CookieName): string | undefined {
  const prefix = `${nameOf(issuer, name)}=`
  const sent = (call.header('cookie') ?? '').split(/;\s*/).filter((each) => each.startsWith(prefix))
  const value = sent[0]?.slice(prefix.length) ?? ''
  return sent.length === 1 && secret.test(value) ? value : undefined
}

/** The header with which a browser holds a value, or no more. Lax: it comes back from the provider by a plain link. */
export function setCookie(issuer: string, name: CookieName, value: string | undefined): { 'set-cookie': string } {
  const secure = issuer.startsWith('https:') ? '; Secure' : ''
  const age = value === undefined ? 0 : cookieSeconds[name]
  return {
    'set-cookie': `${nameOf(issuer, name)}=${value ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`,
  }
}

/** What only a page that was made for this session can hold: made of what its browser holds, and no way back to that. */
export const csrfOf = (cookie: string): string => digestOf('hotwork.csrf.v1', cookie).slice('sha-256:'.length)

/**
 * The form that a browser sent, if it is one of a page of ours that this session was shown. A browser that says where a
 * form comes from must say that it is from here (Fetch metadata, and `Origin`).
 *
 * @throws BadRequest 403
 */
export function formOf(call: Call, issuer: string, cookie: string): Form {
  const [site, origin] = [call.header('sec-fetch-site'), call.header('origin')]
  const fromHere = (site === undefined || site === 'same-origin') && (origin === undefined || origin === issuer)
  const form = call.form()
  if (fromHere && isSame(form.get('csrf') ?? '', csrfOf(cookie))) return form
  throw new BadRequest({
    status: 403,
    code: 'foreign_form',
    title: 'That form was not one that this login was shown',
    detail: 'Nothing was recorded. Open the page again and decide there',
  })
}

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What every page needs to know who is looking. */
export type DoorPorts = Pick<LoginPorts, 'sessions'> & { issuer: string; policy: Policy; clock: Clock; log: Log }

/** Somebody who is logged in, with what their browser holds. */
export type Guest = Visitor & { cookie: string; reader: Reader }

/** A page, or a page with another status than 200. */
export const shown = (issuer: string, body: string, status = 200, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { ...pageHeaders(issuer), ...headers },
  body,
})

/** On to another page. After a form this is what makes loading the next one again harmless. */
export const goTo = (issuer: string, location: string, headers: Answer['headers'] = {}): Answer => ({
  status: 303,
  headers: { ...pageHeaders(issuer), location, ...headers },
  body: '',
})

/** A Lambda whose answers are pages, those to faults and refusals too. */
export const pageDoor = (ports: DoorPorts, handle: (call: Call) => Promise<Answer>): Endpoint =>
  endpoint({ issuer: ports.issuer, log: ports.log, clock: ports.clock, tell: problemPage(ports.issuer) }, handle)

const problemPage =
  (issuer: string) =>
  ({ status, code, title, detail = '', headers = {} }: Problem): Answer => {
    // The detail of a fault speaks of calls of the API; to somebody with a page it is said in other words.
    const text = status >= 500 && code !== 'no_login' ? unsure : detail
    const sentence = `${text}${/[.!?]$|^$/.test(text) ? '' : '.'}`.replaceAll('`', '')
    const next = { href: '/decide', text: 'What waits for you' }
    return shown(issuer, messagePage({ title, text: sentence, next }), status, headers)
  }

/** After a fault nobody here knows whether a form came to anything. The page of the request does. */
const unsure = 'Open the page of the request before you try again: it shows whether anything was recorded'

/** Who is looking, if anybody is logged in with this browser now. */
export async function guestOf(call: Call, ports: DoorPorts): Promise<Guest | undefined> {
  const cookie = cookieOf(call, ports.issuer, 'session')
  const visitor = await findVisitor(cookie, ports)
  if (!visitor || cookie === undefined) return undefined
  return { ...visitor, cookie, reader: { name: visitor.person.name, csrf: csrfOf(cookie) } }
}

/** To log in first, and to come back here. */
export const toLogin = (issuer: string, to: string): Answer => goTo(issuer, `/login?to=${encodeURIComponent(to)}`)

/** A form whose sender is not logged in any more: there is no going on with it, since it was another session's. */
export const loggedOut = (to: string): BadRequest =>
  new BadRequest({
    status: 401,
    code: 'logged_out',
    title: 'You are not logged in any more',
    detail: `Nothing was recorded. Log in again, then decide at ${to}`,
    // RFC 9110 section 15.5.2 wants a challenge with each 401, and no registered scheme is a login with a session.
    headers: { 'www-authenticate': 'Cookie realm="Hotwork", form-action="/login"' },
  })

/** Why nobody is logged in, in a sentence that says what to do. */
const loginRefusals: { readonly [code in LoginRefusal]: readonly [status: number, title: string, text: string] } = {
  login_unknown: [
    400,
    'This login cannot be ended here',
    'It took longer than ten minutes, was ended already, or was begun in another browser. Nothing was recorded; begin again.',
  ],
  login_failed: [
    403,
    'Nobody was logged in',
    'The identity provider did not log you in as was asked. Nothing was recorded; begin again, and do not turn back there.',
  ],
  nobody: [
    403,
    'You are not in the directory',
    'The identity provider knows you and Hotwork does not. Whoever keeps the directory can add you.',
  ],
  inactive: [
    403,
    'Your entry in the directory is not active',
    'Whoever keeps the directory can say why. Nothing was recorded.',
  ],
}

/**
 * Ends a login at the address that the provider sent the browser to: built from our own issuer, never from `Host`, since
 * what comes back is compared with what was sent.
 */
export async function endLogin(
  call: Call,
  path: string,
  ports: DoorPorts & { login: LoginPorts },
): Promise<{ ok: true; loggedIn: LoggedIn } | { ok: false; answer: Answer }> {
  const answer = new URL(path, ports.issuer)
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) {
    const value = call.query(name)
    if (value !== undefined) answer.searchParams.set(name, value)
  }
  const cookie = cookieOf(call, ports.issuer, 'session') ?? ''
  const done = await finishLogin({ answer, cookie }, ports.login)
  if (done.ok) return { ok: true, loggedIn: done.value }
  ports.log.info('login refused', { code: done.code, detail: done.detail })
  const [status, title, text] = loginRefusals[done.code]
  const next = { href: '/decide', text: 'Log in again' }
  return { ok: false, answer: shown(ports.issuer, messagePage({ title, text, next }), status) }
}

/** The id in the path, where it is one of an opening. */
export function openingIn(call: Call): RequestId | undefined {
  const id = RequestId.safeParse(call.path('id'))
  return id.success && id.data.startsWith('bgl_') ? id.data : undefined
}

/** The same to whoever may not look as to whoever looks for what is not there. */
export const notShownOpening = (code: 'not_permitted' | 'unknown_request' = 'unknown_request'): BadRequest =>
  code === 'not_permitted'
    ? new BadRequest({
        status: 403,
        code,
        title: 'Policy does not let you read this',
        detail: 'Ask whoever writes the policies',
      })
    : new BadRequest({
        status: 404,
        code,
        title: 'There is no such break-glass',
        detail: 'All of the last seven days stand at /break-glass',
      })

/** The same to whoever may not look as to whoever looks for what is not there. */
export const notShown = (code: 'not_permitted' | 'unknown_request' = 'unknown_request'): BadRequest =>
  code === 'not_permitted'
    ? new BadRequest({
        status: 403,
        code,
        title: 'Policy does not let you read requests',
        detail: 'Ask whoever writes the policies',
      })
    : new BadRequest({
        status: 404,
        code,
        title: 'There is no such request',
        detail: 'Its address is on its card, or in the list of what waits for you',
      })
