import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, badRequest } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { goingPage } from '../../adapters/pages/layout.ts'
import { requestPage } from '../../adapters/pages/request-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { describeRequest, shownDigest } from '../../domain/cards/request-view.ts'
import type { Narrow } from '../../domain/requests/narrow.ts'
import { type ApprovalRequest, Verdict } from '../../domain/requests/request.ts'
import { Digest, type JsonObject, RequestId, type Result } from '../../domain/values.ts'
import { type LoginPorts, sessionKey } from '../../operations/people/log-in.ts'
import {
  decideByLogin,
  decideOnPage,
  type PageChoice,
  type PageOutcome,
} from '../../operations/requests/decide-on-page.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'
import { viewRequest } from '../../operations/requests/read-requests.ts'
import {
  csrfOf,
  type DoorPorts,
  endLogin,
  formOf,
  type Guest,
  goTo,
  guestOf,
  loggedOut,
  notShown,
  setCookie,
  shown,
} from '../pages/page-door.ts'
import { concludeOnPage } from './conclude-on-page.ts'

export type DecidePorts = DoorPorts & Omit<DecidingPorts, 'ids'> & { login: () => LoginPorts }

/** Where the provider sends a browser back to whose login is to confirm a decision. */
const backHere = (issuer: string) => `${issuer}/login/decision`

/**
 * `POST /decide/{id}`: a form of a request's page; `GET /login/decision`: back from the login that an approval needed.
 * Both decide by the same operation as every other door. `POST /break-glass/{id}`: a form of an opening's page.
 */
export const decidePages =
  (ports: DecidePorts) =>
  (call: Call): Promise<Answer> =>
    (routes[call.route] ?? take)(call, ports)

const routes: { [route: string]: (call: Call, ports: DecidePorts) => Promise<Answer> } = {
  'GET /login/decision': confirm,
  'POST /break-glass/{id}': concludeOnPage,
}

async function take(call: Call, ports: DecidePorts): Promise<Answer> {
  const { issuer } = ports
  const id = RequestId.safeParse(call.path('id'))
  const guest = await guestOf(call, ports)
  if (!guest) throw loggedOut(`${issuer}/decide${id.success ? `/${id.data}` : ''}`)
  const form = formOf(call, issuer, guest.cookie)
  if (!id.success) throw notShown()
  const choice = choiceOf(id.data, form)
  const came = await decideOnPage(
    choice,
    { visitor: guest, cookie: guest.cookie, redirect: backHere(issuer) },
    withShown(ports),
  )
  if (came.ok && 'loginAt' in came.value) return shown(issuer, goingPage(came.value.loginAt, guest.reader))
  return answerTo(came, choice, guest, ports)
}

async function confirm(call: Call, ports: DecidePorts): Promise<Answer> {
  const done = await endLogin(call, '/login/decision', { ...ports, login: ports.login() })
  if (!done.ok) return done.answer
  const { cookie, person, purpose } = done.loggedIn
  const held = setCookie(ports.issuer, 'session', cookie)
  if (!('decision' in purpose)) return goTo(ports.issuer, '/decide', held)
  const visitor = { person, key: sessionKey(cookie) }
  const guest = { ...visitor, cookie, reader: { name: person.name, csrf: csrfOf(cookie) } }
  const came = await decideByLogin(done.loggedIn, withShown(ports))
  return answerTo(came, purpose.decision, guest, ports, held)
}

/** Recorded: on to the page that shows it. Not recorded: the page as the request is now, with why it was not. */
async function answerTo(
  came: Result<PageOutcome, Parameters<typeof whatCameOf>[0] | 'another_person' | 'no_decision'>,
  { id, comment }: Pick<PageChoice, 'id' | 'comment'>,
  { person, reader }: Pick<Guest, 'person' | 'reader'>,
  ports: DecidePorts,
  headers: { [name: string]: string } = {},
): Promise<Answer> {
  const { issuer, policy, clock } = ports
  if (came.ok) return goTo(issuer, `/decide/${id}`, headers)
  const viewed = await viewRequest({ id, person: person.id }, ports)
  if (!viewed.ok) throw notShown(viewed.code)
  const body = requestPage({
    viewed: viewed.value,
    bundle: policy.bundle,
    reader: { ...reader, person: person.id },
    now: clock.now(),
    notice: { text: textOf(came.code, came.detail) },
    draft: comment === undefined ? {} : { comment },
  })
  return shown(issuer, body, statusOf(came.code), headers)
}

const textOf = (code: Parameters<typeof whatCameOf>[0] | 'another_person' | 'no_decision', detail?: string): string => {
  if (code === 'another_person')
    return 'You came back as somebody else than who clicked Approve, so nothing was approved. Whoever is logged in now can decide for themselves.'
  return code === 'no_decision' ? 'That login was made for no decision.' : whatCameOf(code, detail)
}

const forbidden = new Set(['not_eligible', 'self_approval', 'not_permitted', 'policy_denied', 'another_person'])
const unusable = new Set(['comment_required', 'not_narrower', 'invalid_arguments'])
const statusOf = (code: string): number => (forbidden.has(code) ? 403 : unusable.has(code) ? 400 : 409)

const withShown = (ports: DecidePorts) => ({
  ...ports,
  // Only where a stage wants it is there a provider to be asked for.
  get login() {
    return ports.login()
  },
  shown: (state: ApprovalRequest) => shownDigest(describeRequest(state, ports.policy.bundle)),
})

/** @throws BadRequest when it is no form that a page of ours has */
function choiceOf(id: RequestId, form: Form): PageChoice {
  const verdict = Verdict.safeParse(form.get('verdict'))
  const digest = Digest.safeParse(form.get('digest'))
  const seen = Digest.safeParse(form.get('seen'))
  const round = Number(form.get('round'))
  const comment = form.get('comment')?.trim()
  if (!verdict.success || !digest.success || !seen.success || !Number.isSafeInteger(round) || round < 1)
    throw badRequest('invalid_form', 'That is no form of ours', 'Open the page again and decide there')
  if (comment !== undefined && comment.length > 1000)
    throw badRequest('invalid_form', 'The comment is too long', 'Write at most 1000 characters')
  const narrow = form.get('less') === 'yes' && verdict.data === 'approve' ? narrowOf(form) : undefined
  return {
    id,
    verdict: verdict.data,
    round,
    digest: digest.data,
    seen: seen.data,
    ...(comment ? { comment } : {}),
    ...(narrow ? { narrow } : {}),
  }
}

function narrowOf(form: Form): Narrow {
  const number = (name: string): number | undefined => {
    const text = form.get(name)
    if (text === undefined) return undefined
    if (/^\d{1,15}$/.test(text)) return Number(text)
    throw badRequest('invalid_form', `${name} is no whole number`, 'Leave it empty where it stays as it was asked for')
  }
  const args: { [name: string]: number } = {}
  for (const name of form.keys()) {
    const value = name.startsWith('narrow.') ? number(name) : undefined
    if (value !== undefined) args[name.slice('narrow.'.length)] = value
  }
  const [uses, minutes] = [number('uses'), number('minutes')]
  return {
    ...(Object.keys(args).length > 0 ? { arguments: args as JsonObject } : {}),
    ...(uses === undefined ? {} : { uses }),
    ...(minutes === undefined ? {} : { minutes }),
  }
}
