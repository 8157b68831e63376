// Rules: test/http/pages.test.ts
import * as z from 'zod'
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { goingPage } from '../../adapters/pages/layout.ts'
import { requestPage } from '../../adapters/pages/request-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { describeRequest, shownDigest } from '../../domain/cards/request-view.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { itemsOut, type Lowered, type Narrow, narrowSteps } from '../../domain/requests/narrow.ts'
import { asideChoices } from '../../domain/requests/set-aside.ts'
import { Digest, defined, type JsonObject, RequestId, type Result, Verdict } from '../../domain/values.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import { showing } from '../../operations/ledger/texts.ts'
import type { PageChoice } from '../../operations/people/ports.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import type { DecidingPorts } from '../../operations/record/ports.ts'
import { decideByLogin, decideOnPage, type PageOutcome } from '../../operations/requests/decide-on-page.ts'
import { viewRequest } from '../../operations/requests/read-requests.ts'
import { setAside } from '../../operations/requests/set-aside.ts'
import { valueOrThrow } from '../doors.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import { type LoginPagePorts, loginPagePorts } from '../wiring/login.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'
import { concludeOnPage } from './conclude-on-page.ts'
import type { Guest } from './page-door.ts'
import {
  endLogin,
  goTo,
  guestFor,
  notShown,
  pageDoor,
  pageStatus,
  sentForm,
  setCookie,
  shown,
  unknownForm,
} from './page-door.ts'

type Ports = LoginPagePorts & DecidingPorts & ReaderPorts & { texts: TextReader }

export const createHandler = (ports: Ports) =>
  pageDoor(ports, (call) => (routes[call.route] ?? decideRequest)(call, ports))

const routes: { [route: string]: (call: Call, ports: Ports) => Promise<Answer> } = {
  'GET /login/decision': confirmDecision,
  'POST /break-glass/{id}': concludeOnPage,
}

/** `POST /decide/{id}`: a form of a request's page. */
async function decideRequest(call: Call, ports: Ports): Promise<Answer> {
  const { issuer } = ports
  const id = RequestId.safeParse(call.path('id'))
  const { guest, form } = await sentForm(call, `/decide${id.success ? `/${id.data}` : ''}`, ports)
  if (!id.success) throw notShown()
  if (form.has('aside')) return setAsideOnPage(id.data, form, guest, ports)
  const choice = choiceOf(id.data, form)
  const by = { visitor: guest, cookie: guest.cookie, redirect: `${issuer}/login/decision` }
  const came = await decideOnPage(choice, by, withShown(ports))
  if (came.ok && 'loginAt' in came.value) return shown(issuer, goingPage(came.value.loginAt, guest.reader))
  return answerTo(came, choice, guest, ports)
}

/** Hides the request from this person's list. The request and its record stay unchanged. */
async function setAsideOnPage(id: RequestId, form: Form, { person }: Guest, ports: Ports): Promise<Answer> {
  const choice = z.enum([...asideChoices, 'back']).safeParse(form.get('aside'))
  if (!choice.success) throw unknownForm()
  const done = await setAside({ id, person: person.id, choice: choice.data }, ports)
  if (done.ok) return goTo(ports.issuer, '/decide')
  if (done.code === 'due_soon')
    throw badRequest('invalid_form', 'It is due too soon to be set aside', `It stays at /decide/${id}`)
  throw refusalProblem(done.code)
}

/** `GET /login/decision`: the return from the login that an approval needed. */
async function confirmDecision(call: Call, ports: Ports): Promise<Answer> {
  const done = await endLogin(call, '/login/decision', ports)
  if (!done.ok) return done.answer
  const { cookie, person, purpose } = done.loggedIn
  const held = setCookie(ports.issuer, 'session', cookie)
  if (!('decision' in purpose)) return goTo(ports.issuer, '/decide', held)
  const came = await decideByLogin(done.loggedIn, withShown(ports))
  return answerTo(came, purpose.decision, guestFor({ person }, cookie), ports, held)
}

type NotDecided = Refusal | 'another_person' | 'no_decision'

/** A recorded act redirects to the page. Otherwise the page shows the request as it is now, with the reason. */
async function answerTo(
  came: Result<PageOutcome, NotDecided>,
  { id, comment }: Pick<PageChoice, 'id' | 'comment'>,
  { person, reader }: Pick<Guest, 'person' | 'reader'>,
  ports: Ports,
  headers: { [name: string]: string } = {},
): Promise<Answer> {
  const { issuer, policy, clock } = ports
  if (came.ok) return goTo(issuer, `/decide/${id}`, headers)
  const viewed = valueOrThrow(await viewRequest({ id, person: person.id }, showing(ports)), notShown)
  const [status, text] = tellRefusal(came.code, came.detail)
  const view = {
    viewed,
    bundle: policy.bundle,
    reader,
    now: clock.now(),
    notice: { text },
    draft: defined({ comment }),
  }
  return shown(issuer, requestPage(view), status, headers)
}

function tellRefusal(code: NotDecided, detail?: string): readonly [status: number, text: string] {
  if (code === 'another_person')
    return [
      403,
      'One person clicked Approve and a different person logged in, so nothing was approved. Log in as the first, or decide as yourself.',
    ]
  if (code === 'no_decision') return [409, 'That login was not for a decision.']
  return [pageStatus(code), whatCameOf(code, detail)]
}

const withShown = (ports: Ports) => ({
  ...ports,
  // Read lazily: the deployment may have no provider, and only some stages need a login.
  get login() {
    return ports.login()
  },
  shown: (state: ApprovalRequest) => shownDigest(describeRequest(state, ports.policy.bundle)),
})

function choiceOf(id: RequestId, form: Form): PageChoice {
  const verdict = Verdict.safeParse(form.get('verdict'))
  const digest = Digest.safeParse(form.get('digest'))
  const seen = Digest.safeParse(form.get('seen'))
  const round = Number(form.get('round'))
  const comment = form.get('comment')?.trim()
  if (!verdict.success || !digest.success || !seen.success || !Number.isSafeInteger(round) || round < 1)
    throw unknownForm()
  if (comment !== undefined && comment.length > 1000)
    throw badRequest('invalid_form', 'The comment is too long', 'Write at most 1000 characters')
  const narrow = form.get('less') === 'yes' && verdict.data === 'approve' ? narrowOf(form) : undefined
  const saw = { round, digest: digest.data, seen: seen.data }
  return { id, verdict: verdict.data, ...saw, ...defined({ comment: comment || undefined, narrow }) }
}

function narrowOf(form: Form): Narrow {
  const number = (name: string): number | undefined => {
    const text = form.get(name)
    if (text === undefined) return undefined
    if (/^-?\d{1,15}(?:\.\d{1,4})?$/.test(text)) return Number(text)
    throw badRequest('invalid_form', `${name} is not a number`, 'Leave it empty to keep the requested value')
  }
  const args: { [name: string]: number } = {}
  for (const name of form.keys()) {
    const value = name.startsWith('narrow.') ? number(name) : undefined
    if (value !== undefined) args[name.slice('narrow.'.length)] = value
  }
  const [uses, minutes] = [number('uses'), number('minutes')]
  const steps = stepsOf(form, number)
  const without = itemsOut(
    [...form.keys()].flatMap((field) => {
      const [, at, name] = /^without\.(\d{1,3})\.(.+)$/s.exec(field) ?? []
      return name === undefined ? [] : [{ name, value: Number(at) }]
    }),
  )
  const own = Object.keys(args).length > 0 ? (args as JsonObject) : undefined
  return defined({ arguments: own, without, uses, minutes, steps })
}

/** The plan's narrowings: `strike.2` strikes step 2 out, `step.2.MemorySize` lessens an argument of it. */
function stepsOf(form: Form, number: (name: string) => number | undefined): Narrow['steps'] {
  const [struck, lowered]: [number[], Lowered[]] = [[], []]
  for (const field of form.keys()) {
    const [, kind, step = '', item, name = ''] =
      /^(strike|step)\.([1-9]\d?)(?:\.without\.(\d{1,3}))?(?:\.(.+))?$/s.exec(field) ?? []
    const value = kind === 'step' && item === undefined ? number(field) : undefined
    if (kind === 'strike') struck.push(Number(step))
    if (item !== undefined) lowered.push({ step: Number(step), name, value: Number(item), isItem: true })
    if (value !== undefined) lowered.push({ step: Number(step), name, value })
  }
  return narrowSteps(struck, lowered)
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | Reads> = (told) =>
  withTexts(withReader(told, loginPagePorts(told, cedarPolicy())), told)
