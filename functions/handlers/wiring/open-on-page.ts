import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import { messagePage } from '../../adapters/pages/layout.ts'
import { loginWords, openPage, whyNotOpened } from '../../adapters/pages/open-page.ts'
import { lackOf } from '../../domain/people/login-strength.ts'
import type { OpeningPorts } from '../../operations/break-glass/open-break-glass.ts'
import { type FoundPrepared, findPrepared, openPrepared } from '../../operations/break-glass/prepare-opening.ts'
import { beginLogin, type LoginPorts } from '../../operations/people/log-in.ts'
import {
  cookieOf,
  type DoorPorts,
  formOf,
  type Guest,
  goTo,
  guestOf,
  loggedOut,
  setCookie,
  shown,
} from '../pages/page-door.ts'
import { loginIssuerOf } from './login.ts'

export type OpenPorts = DoorPorts & OpeningPorts & { login: () => LoginPorts }

const pathOf = (code: string) => `/break-glass/open/${code}`

/** The two routes of one address: to look, and to open. */
export const openPages =
  (ports: OpenPorts) =>
  (call: Call): Promise<Answer> =>
    call.route === 'POST /break-glass/open/{id}' ? openOnPage(call, ports) : showPrepared(call, ports)

/**
 * `GET /break-glass/open/{id}`: what somebody prepared where nobody could tell well enough who they are. Whoever is not
 * logged in strongly enough logs in first, as strongly as it takes. Nothing is opened by looking.
 */
async function showPrepared(call: Call, ports: OpenPorts): Promise<Answer> {
  const code = codeIn(call)
  const found = await findPrepared(code, ports)
  if (!found) throw gone()
  const guest = await guestOf(call, ports)
  if (guest && guest.person.id !== found.prepared.person) throw notTheirs()
  // What is open already shows no more than any page of an opening does.
  const lacks = guest && (found.opened ? undefined : lackOf(guest.session, found.login, ports.clock.now()))
  if (!guest || lacks !== undefined)
    return call.query('back') === undefined
      ? toStrongLogin(call, code, found, ports)
      : notStrongEnough(code, found, ports)
  return shown(ports.issuer, viewOf(code, found, guest, ports))
}

/** `POST /break-glass/open/{id}`: opens it, for the person who prepared it, by the operation that the API has. */
async function openOnPage(call: Call, ports: OpenPorts): Promise<Answer> {
  const { issuer, policy } = ports
  const code = codeIn(call)
  const guest = await guestOf(call, ports)
  if (!guest) throw loggedOut(`${issuer}${pathOf(code)}`)
  formOf(call, issuer, guest.cookie)
  const { identity, acr, at } = guest.session
  const login = { ...(acr === undefined ? {} : { acr }), ...(at === undefined ? {} : { at }) }
  const provider = loginIssuerOf(policy.bundle)
  const proven = { issuer: provider?.issuer.issuer ?? identity.issuer, subject: identity.subject }
  const who = { person: guest.person.id, proven, login }
  const opened = await openPrepared({ code, ...who, arrivedAt: call.arrivedAt }, ports)
  if (opened.ok) return goTo(issuer, pathOf(code))
  const found = await findPrepared(code, ports)
  if (found?.prepared.person !== guest.person.id)
    throw opened.code === 'unknown_request' && found ? notTheirs() : gone()
  // Too old by now. Not sent on by itself: a form's way may not lead to the provider's address (CSP `form-action`).
  if (opened.code === 'insufficient_login') return notStrongEnough(code, found, ports)
  const notice = { text: whyNotOpened(opened.code, opened.detail) }
  return shown(issuer, viewOf(code, found, guest, ports, notice), forbidden.has(opened.code) ? 403 : 409)
}

const forbidden = new Set(['not_permitted', 'policy_error', 'halted'])

function viewOf(
  code: string,
  { prepared, opened }: FoundPrepared,
  { reader }: Guest,
  { policy, clock }: OpenPorts,
  notice?: { text: string },
): string {
  const now = clock.now()
  return openPage({ code, prepared, opened, bundle: policy.bundle, reader, now, ...(notice ? { notice } : {}) })
}

/** To the provider, asking for the login that it takes, and back here. */
async function toStrongLogin(
  call: Call,
  code: string,
  { login: { acr, maxAge }, opened }: FoundPrepared,
  ports: OpenPorts,
): Promise<Answer> {
  const { issuer } = ports
  const login = ports.login()
  const cookie = cookieOf(call, issuer, 'session') ?? login.secrets.secret()
  const wanted = opened ? {} : { ...(acr === undefined ? {} : { acr }), ...(maxAge === undefined ? {} : { maxAge }) }
  // Back with a mark, so that a provider that cannot log in so strongly does not send anybody round and round.
  const purpose = { to: `${pathOf(code)}?back=1`, ...wanted }
  const address = await beginLogin({ purpose, cookie, redirect: `${issuer}/login/callback` }, login)
  return goTo(issuer, address, setCookie(issuer, 'session', cookie))
}

const notStrongEnough = (code: string, { login }: FoundPrepared, { issuer }: OpenPorts): Answer => {
  const words = loginWords(login)
  const body = messagePage({
    title: 'That login does not do for this',
    text: `Nothing is open. Opening this takes a login${words === '' ? '' : ` ${words}`}, and the identity provider did not say that yours was.`,
    next: { href: pathOf(code), text: 'Log in again' },
  })
  return shown(issuer, body, 403)
}

/** 256 bits as base64url; anything else is a code of nothing. */
const codeIn = (call: Call): string => {
  const code = call.path('id') ?? ''
  if (/^[A-Za-z0-9_-]{43}$/.test(code)) return code
  throw gone()
}

const gone = (): BadRequest =>
  new BadRequest({
    status: 404,
    code: 'unknown_request',
    title: 'There is nothing to open here',
    detail:
      'What is prepared in Slack can be opened for ten minutes. Type /hotwork break-glass there again, or use npx hotwork break-glass start',
  })

const notTheirs = (): BadRequest =>
  new BadRequest({
    status: 403,
    code: 'not_permitted',
    title: 'Somebody else prepared this',
    detail: 'Whoever did can open it, and nobody else. You are logged in as another person',
  })
