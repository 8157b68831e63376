import { type Call, type Endpoint, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest, type Problem } from '../../adapters/http/problem.ts'
import { messagePage, pageHeaders, type Reader } from '../../adapters/pages/layout.ts'
import { findVisitor, type LoginPorts, type Visitor } from '../../operations/people/log-in.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import { cookieOf, csrfOf } from './browser.ts'

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
