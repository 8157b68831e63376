// Rules: test/http/open-page.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import { loginIssuerOf } from '../../adapters/jose/login-checks.ts'
import { messagePage } from '../../adapters/pages/layout.ts'
import { loginWords, openPage } from '../../adapters/pages/open-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { SystemStopwatch } from '../../adapters/system/system.ts'
import { lackOf } from '../../domain/people/login-strength.ts'
import { defined } from '../../domain/values.ts'
import type { OpeningPorts } from '../../operations/break-glass/open-break-glass.ts'
import { type FoundPrepared, findPrepared, openPrepared } from '../../operations/break-glass/prepare-opening.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import { showing } from '../../operations/ledger/texts.ts'
import { beginLogin } from '../../operations/people/log-in.ts'
import type { Stores, Wiring } from '../environment.ts'
import { incidentsOf } from '../wiring/incidents.ts'
import { type LoginPagePorts, loginPagePorts } from '../wiring/login.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'
import type { Guest } from './page-door.ts'
import { cookieOf, goTo, guestOf, isSecret, pageDoor, pageStatus, sentForm, setCookie, shown } from './page-door.ts'

type Ports = LoginPagePorts & OpeningPorts & { texts: TextReader }

const withSecrets = <P extends LoginPagePorts>(ports: P) => ({ ...ports, secrets: ports.login().secrets })

const pathOf = (code: string) => `/break-glass/open/${code}`

/** A person with a strong login opens an opening that they prepared in Slack. */
export const createHandler = (ports: Ports) =>
  pageDoor(ports, (call) =>
    call.route === 'POST /break-glass/open/{id}' ? openOnPage(call, ports) : showPrepared(call, ports),
  )

/**
 * `GET /break-glass/open/{id}`: the opening prepared in Slack. A person with a weaker login first logs in as strongly
 * as the opening needs. It opens nothing.
 */
async function showPrepared(call: Call, ports: Ports): Promise<Answer> {
  const code = codeIn(call)
  const found = await findPrepared(code, withSecrets(showing(ports)))
  if (!found) throw gone()
  const guest = await guestOf(call, ports)
  if (guest && guest.person.id !== found.prepared.person) throw notTheirs()
  // After the opening it shows no more than the opening's page, so any login will do.
  const lacks = guest && (found.opened ? undefined : lackOf(guest.session, found.login, ports.clock.now()))
  if (guest && lacks === undefined) return shown(ports.issuer, viewOf(code, found, guest, ports))
  return call.query('back') === undefined
    ? toStrongLogin(call, code, found, ports)
    : notStrongEnough(code, found, ports)
}

/** `POST /break-glass/open/{id}`: opens it for the person who prepared it, by the API's operation. */
async function openOnPage(call: Call, ports: Ports): Promise<Answer> {
  const { issuer, policy } = ports
  const code = codeIn(call)
  const { guest } = await sentForm(call, pathOf(code), ports)
  const { identity, acr, at } = guest.session
  const provider = loginIssuerOf(policy.bundle)
  const proven = { issuer: provider?.issuer.issuer ?? identity.issuer, subject: identity.subject }
  const who = { person: guest.person.id, proven, login: defined({ acr, at }) }
  const opened = await openPrepared({ code, ...who, arrivedAt: call.arrivedAt }, withSecrets(ports))
  if (opened.ok) return goTo(issuer, pathOf(code))
  const found = await findPrepared(code, withSecrets(showing(ports)))
  if (found?.prepared.person !== guest.person.id)
    throw opened.code === 'unknown_request' && found ? notTheirs() : gone()
  // The login has become too old. A form cannot redirect to the provider (CSP `form-action`).
  if (opened.code === 'insufficient_login') return notStrongEnough(code, found, ports)
  const notice = { text: whatCameOf(opened.code, opened.detail) }
  return shown(issuer, viewOf(code, found, guest, ports, notice), pageStatus(opened.code))
}

function viewOf(
  code: string,
  { prepared, opened }: FoundPrepared,
  { reader }: Guest,
  { policy, clock }: Ports,
  notice?: { text: string },
): string {
  const view = { code, prepared, opened, bundle: policy.bundle, reader, now: clock.now() }
  return openPage({ ...view, ...defined({ notice }) })
}

async function toStrongLogin(
  call: Call,
  code: string,
  { login: wanted, opened }: FoundPrepared,
  { issuer, login }: Ports,
): Promise<Answer> {
  const ports = login()
  const cookie = cookieOf(call, issuer, 'session') ?? ports.secrets.secret()
  // Marked as a return, so that a provider without such a strong login does not cause endless redirects.
  const purpose = { to: `${pathOf(code)}?back=1`, ...(opened ? {} : defined(wanted)) }
  const address = await beginLogin({ purpose, cookie, redirect: `${issuer}/login/callback` }, ports)
  return goTo(issuer, address, setCookie(issuer, 'session', cookie))
}

const notStrongEnough = (code: string, { login }: FoundPrepared, { issuer }: Ports): Answer => {
  const words = loginWords(login)
  const body = messagePage({
    title: 'Your login is not strong enough for this',
    text: `Nothing is open. Opening this needs a login${words === '' ? '' : ` ${words}`}, and the identity provider did not confirm that for yours.`,
    next: { href: pathOf(code), text: 'Log in again' },
  })
  return shown(issuer, body, 403)
}

const codeIn = (call: Call): string => {
  const code = call.path('id') ?? ''
  if (isSecret(code)) return code
  throw gone()
}

const gone = (): BadRequest =>
  new BadRequest({
    status: 404,
    code: 'unknown_request',
    title: 'This opening is unknown or has expired',
    detail:
      'An opening prepared in Slack can be opened for ten minutes. Type /hotwork break-glass there again, or use npx --no-install hotwork break-glass start',
  })

const notTheirs = (): BadRequest =>
  new BadRequest({
    status: 403,
    code: 'not_permitted',
    title: 'Another person prepared this',
    detail: 'Only the person who prepared it can open it. You are logged in as another person',
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'INCIDENT_SECRET'> = (told) => {
  const ports = withTexts(loginPagePorts(told, cedarPolicy()), told)
  return { ...ports, incidents: incidentsOf(ports, told), stopwatch: new SystemStopwatch() }
}
