// Rules: test/http/pages.test.ts
import * as z from 'zod'
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { goingPage } from '../../adapters/pages/layout.ts'
import type { Draft } from '../../adapters/pages/message-forms.ts'
import { requestPage } from '../../adapters/pages/request-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { readSuggestion } from '../../adapters/typed-arguments.ts'
import { describeRequest, shownDigest } from '../../domain/cards/request-view.ts'
import { suggestiblesOf } from '../../domain/cards/suggestible.ts'
import { digestOf } from '../../domain/digest.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { itemsOut, type Lowered, type Narrow, narrowSteps } from '../../domain/requests/narrow.ts'
import { mostText, plainText } from '../../domain/requests/plain-text.ts'
import { asideChoices } from '../../domain/requests/set-aside.ts'
import { Digest, defined, type JsonObject, PersonId, RequestId, type Result, Verdict } from '../../domain/values.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import { showing } from '../../operations/ledger/texts.ts'
import type { PageChoice } from '../../operations/people/ports.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import type { DecidingPorts, MakingPorts } from '../../operations/record/ports.ts'
import { askColleagueAsSeen, askQuestionAsSeen, findColleagues } from '../../operations/requests/ask-as-seen.ts'
import { decideByLogin, decideOnPage } from '../../operations/requests/decide-on-page.ts'
import { noteLook } from '../../operations/requests/note-look.ts'
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

type Ports = LoginPagePorts & DecidingPorts & Pick<MakingPorts, 'ids'> & ReaderPorts & { texts: TextReader }

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
  const stage = form.get('look')
  if (stage !== undefined) return lookOnPage(id.data, stage, guest, ports)
  const by = { visitor: guest, cookie: guest.cookie, redirect: `${issuer}/login/decision` }
  const asked = form.get('ask')
  if (asked !== undefined) return askOnPage(asked, id.data, form, guest, ports)
  const draft = draftOf(form)
  const choice = choiceOf(id.data, form)
  const { suggest, wrong } = await suggestionIn(choice, draft, guest, ports)
  if (Object.keys(wrong).length > 0) {
    const notice = { text: 'Your form was not recorded: some fields have a mark that says why.' }
    return stillShown(id.data, { notice, draft: { ...draft, wrong } }, guest, ports, 400)
  }
  const came = await decideOnPage({ ...choice, ...defined({ suggest }) }, by, withShown(ports))
  if (came.ok && 'loginAt' in came.value) return shown(issuer, goingPage(came.value.loginAt, guest.reader))
  return answerTo(came, { id: id.data, draft }, guest, ports)
}

/** The texts of a form, without the browser's own line breaks. */
const draftOf = (form: Form): Draft => {
  const texts = Object.fromEntries([...form].map(([field, text]) => [field, text.replaceAll('\r\n', '\n')]))
  const of = form.has('ask')
    ? 'question'
    : form.get('less') === 'yes'
      ? 'less'
      : Verdict.safeParse(form.get('verdict')).data
  return { of: of ?? 'approve', texts }
}

/** A question to the agent, or a call for a colleague: neither decides anything. */
async function askOnPage(asked: string, id: RequestId, form: Form, guest: Guest, ports: Ports): Promise<Answer> {
  const draft = draftOf(form)
  const person = guest.person.id
  const by = { ...sawIn(form), id, person, ...defined({ claimed: guest.session.claimed }) }
  if (asked === 'colleague') {
    const to = PersonId.safeParse(form.get('colleague'))
    if (!to.success) throw unknownForm()
    return answerTo(await askColleagueAsSeen({ ...by, to: to.data }, ports), { id, draft }, guest, ports)
  }
  const text = plainText(mostText).safeParse(draft.texts['question'])
  if (!text.success) {
    const notice = { text: `Your question was not recorded: it ${text.error.issues[0]?.message}.` }
    return stillShown(id, { notice, draft }, guest, ports, 400)
  }
  // A form that is sent twice asks once.
  const idempotencyKey = digestOf('hotwork.page.question.v1', { id, text: text.data })
  const came = await askQuestionAsSeen({ ...by, text: text.data, idempotencyKey }, ports)
  return answerTo(came, { id, draft }, guest, ports)
}

/**
 * The suggestion in a form to send a request back, and the fields that are wrong. The decision refuses a stale form.
 */
async function suggestionIn(choice: PageChoice, { texts }: Draft, { person, session }: Guest, ports: Ports) {
  const none = { suggest: undefined, wrong: {} }
  if (choice.verdict !== 'revise') return none
  const viewed = await viewRequest({ id: choice.id, person: person.id, claimed: session.claimed }, ports)
  if (!viewed.ok || viewed.value.state.ask.digest !== choice.digest) return none
  const { bundle } = ports.policy
  const all = suggestiblesOf(describeRequest(viewed.value.state, bundle), bundle)
  const { suggest, wrong } = readSuggestion(all, (field) => texts[field])
  return { suggest: suggest && { arguments: suggest }, wrong }
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

/** The page's script says that the page came into view. */
async function lookOnPage(id: RequestId, stage: string, { person, session }: Guest, ports: Ports): Promise<Answer> {
  const noted = await noteLook({ id, person: person.id, stage, ...defined({ claimed: session.claimed }) }, ports)
  if (noted.ok) return { status: 204 }
  throw notShown(noted.code)
}

/** `GET /login/decision`: the return from the login that an approval needed. */
async function confirmDecision(call: Call, ports: Ports): Promise<Answer> {
  const done = await endLogin(call, '/login/decision', ports)
  if (!done.ok) return done.answer
  const { cookie, person, purpose } = done.loggedIn
  const held = setCookie(ports.issuer, 'session', cookie)
  if (!('decision' in purpose)) return goTo(ports.issuer, '/decide', held)
  const came = await decideByLogin(done.loggedIn, withShown(ports))
  const { id, comment, toAgent, typed, narrow } = purpose.decision
  const texts = defined({ comment, to_agent: toAgent, typed })
  return answerTo(
    came,
    { id, draft: { of: narrow ? 'less' : 'approve', texts } },
    guestFor({ person }, cookie),
    ports,
    held,
  )
}

type NotDone = Refusal | 'another_person' | 'no_decision'
type By = Pick<Guest, 'person' | 'reader'>

/** A recorded act redirects to the page. Otherwise the page shows the request as it is now, with the reason. */
async function answerTo(
  came: Result<unknown, NotDone>,
  { id, draft }: { id: RequestId; draft: Draft },
  by: By,
  ports: Ports,
  headers: { [name: string]: string } = {},
): Promise<Answer> {
  if (came.ok) return goTo(ports.issuer, `/decide/${id}`, headers)
  const [status, text] = tellRefusal(came.code, came.detail)
  return stillShown(id, { notice: { text }, draft }, by, ports, status, headers)
}

async function stillShown(
  id: RequestId,
  told: { notice: { text: string }; draft: Draft },
  { person, reader }: By,
  ports: Ports,
  status: number,
  headers: { [name: string]: string } = {},
): Promise<Answer> {
  const { issuer, policy, clock } = ports
  const viewed = valueOrThrow(await viewRequest({ id, person: person.id }, showing(ports)), notShown)
  const colleagues = viewed.whyNot.approve === undefined ? await findColleagues(viewed.state, person.id, ports) : []
  const view = { viewed, bundle: policy.bundle, reader, now: clock.now(), colleagues, ...told }
  return shown(issuer, requestPage(view), status, headers)
}

function tellRefusal(code: NotDone, detail?: string): readonly [status: number, text: string] {
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

function sawIn(form: Form): Pick<PageChoice, 'round' | 'digest' | 'seen'> {
  const [digest, seen] = [Digest.safeParse(form.get('digest')), Digest.safeParse(form.get('seen'))]
  const round = Number(form.get('round'))
  if (!digest.success || !seen.success || !Number.isSafeInteger(round) || round < 1) throw unknownForm()
  return { round, digest: digest.data, seen: seen.data }
}

function choiceOf(id: RequestId, form: Form): PageChoice {
  const verdict = Verdict.safeParse(form.get('verdict'))
  if (!verdict.success) throw unknownForm()
  const saw = sawIn(form)
  const text = (name: string) => form.get(name)?.trim().replaceAll('\r\n', '\n') || undefined
  const [comment, toAgent] = [text('comment'), text('to_agent')]
  if (comment !== undefined && comment.length > 1000)
    throw badRequest('invalid_form', 'The comment is too long', 'Write at most 1000 characters')
  const narrow = form.get('less') === 'yes' && verdict.data === 'approve' ? narrowOf(form) : undefined
  return { id, verdict: verdict.data, ...saw, ...defined({ comment, toAgent, typed: form.get('typed'), narrow }) }
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
