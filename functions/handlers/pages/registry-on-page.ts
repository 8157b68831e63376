// Rules: test/http/registry-page.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import { type ChangeKind, changes, isChange, readChange, textsOf } from '../../adapters/pages/giving/agent-form.ts'
import { messagePage } from '../../adapters/pages/layout.ts'
import { type RegistryPage, registryPage } from '../../adapters/pages/registry-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { previewOfRows } from '../../domain/cards/registry-view.ts'
import { mayRead } from '../../domain/deciding/questions.ts'
import { digestOf } from '../../domain/digest.ts'
import { type Agent, answersFor } from '../../domain/people/organisation.ts'
import { type Refusal, refusals } from '../../domain/refusals.ts'
import { defined, EvaluationId, type JsonObject, RequestId } from '../../domain/values.ts'
import { acceptTransfer } from '../../operations/registry/accept-transfer.ts'
import {
  askForChange,
  type ChangePorts,
  type ForeseenChange,
  foreseeChange,
} from '../../operations/registry/ask-for-change.ts'
import {
  type Guest,
  goTo,
  guestOf,
  notShown,
  type PagePorts,
  pageStatus,
  sentForm,
  shown,
  toLogin,
  unknownForm,
} from './page-door.ts'

export type RegistryPagePorts = PagePorts & ChangePorts

type Chosen = { kind: ChangeKind; before: Agent | undefined }
type Seen = Pick<RegistryPage, 'key' | 'sent' | 'foreseen' | 'notice'>

/** `GET /registry?change=register`, or another change with `agent`: its form. */
export async function showRegistryForm(call: Call, ports: RegistryPagePorts): Promise<Answer> {
  const guest = await guestOf(call, ports)
  if (!guest) return toLogin(ports.issuer, pathOf(call))
  const chosen = await chosenBy(call.query('change'), call.query('agent'), guest, ports)
  if (!chosen) throw apiProblem(404, 'unknown_page')
  const refused = ofTheFolder(chosen, guest, ports)
  if (refused) return refused
  return filled(chosen, guest, ports, {
    key: ports.ids.evaluation(),
    sent: { texts: textsOf(chosen.kind, chosen.before) },
  })
}

const pathOf = (call: Call): string => {
  const [change, agent] = [call.query('change'), call.query('agent')]
  return isChange(change) ? `/registry?${new URLSearchParams(defined({ change, agent }))}` : '/agents'
}

/** The form shows an agent's entry, to people who may read or who answer for the agent. */
async function chosenBy(
  kind: string | undefined,
  id: string | undefined,
  { person }: Guest,
  { policy, clock }: RegistryPagePorts,
): Promise<Chosen | undefined> {
  await policy.look?.([])
  const { bundle } = policy
  if (!isChange(kind) || !Object.hasOwn(bundle.changes ?? {}, changes[kind].action)) return undefined
  if (kind === 'register') return { kind, before: undefined }
  const before = bundle.agents.find((agent) => agent.id === id)
  const maySee = before && (answersFor(before).includes(person.id) || mayRead(policy, person.id, clock.now()))
  return maySee ? { kind, before } : undefined
}

/** An agent of the policy folder can only be retired here. */
function ofTheFolder({ kind, before }: Chosen, { reader }: Guest, ports: RegistryPagePorts) {
  if (!before || kind === 'retire') return undefined
  if (ports.policy.governed?.agents.some(({ id }) => id === before.id)) return undefined
  const text = `${before.id} stands in the policy folder, which a deployment changes. Here it can only be retired.`
  const next = { href: `/agents/${before.id}`, text: before.id }
  return shown(ports.issuer, messagePage({ title: changes[kind].title, text, next, reader }), 409)
}

function filled(
  { kind, before }: Chosen,
  { reader }: Guest,
  ports: RegistryPagePorts,
  seen: Seen,
  status = 200,
): Answer {
  const { bundle } = ports.policy
  const people = bundle.directory.people.filter((person) => person.status === 'active')
  const facts = { ...bundle, people, issuers: Object.keys(bundle.deployment.issuers) }
  return shown(ports.issuer, registryPage({ ...seen, kind, before, facts, reader }), status)
}

/** `POST /registry`: shows policy's answer to the change in the form, or submits exactly the shown change. */
export async function askOnRegistryPage(call: Call, ports: RegistryPagePorts): Promise<Answer> {
  const { guest, form } = await sentForm(call, '/agents', ports)
  const key = EvaluationId.safeParse(form.get('key'))
  const chosen = await chosenBy(form.get('change'), form.get('agent'), guest, ports)
  if (!key.success || !chosen) throw unknownForm()
  const texts = Object.fromEntries([...form].map(([name, text]) => [name, text.replaceAll('\r\n', '\n')]))
  const again = (view: Pick<Seen, 'foreseen' | 'notice'>, wrong: { [field: string]: string }, status: number) =>
    filled(chosen, guest, ports, { key: key.data, sent: { texts, wrong }, ...view }, status)
  const { arguments: args, wrong } = readChange(chosen.kind, texts, chosen.before)
  const reason = (texts['reason'] ?? '').trim()
  if (reason === '') wrong['reason'] = 'Write the reason.'
  if (Object.keys(wrong).length > 0)
    return again({ notice: { text: 'Nothing was asked: some fields have a mark that says why.' } }, wrong, 400)
  const refusedFor = ({ code, detail }: { code: Refusal; detail?: string }) =>
    again({ notice: { text: whatCameOf(code, detail) } }, faultIn(code, detail, texts), pageStatus(code))
  const { issuer, subject } = guest.session.identity
  const { action } = changes[chosen.kind]
  const asked = { person: guest.person.id, proven: { issuer, subject }, action, arguments: args, reason }
  const foreseen = await foreseeChange(asked, ports)
  if (!foreseen.ok) return refusedFor(foreseen)
  const seen = seenOf(asked, foreseen.value)
  if (form.get('act') !== 'ask' || form.get('seen') !== seen) {
    const { rows, ...answer } = foreseen.value
    return again({ foreseen: { ...answer, seen, change: previewOfRows(rows, ports.clock.now()) } }, {}, 200)
  }
  const once = { key: `SEEN#registry ${key.data}`, value: 'asked', expiresAt: ports.clock.now() + 86_400 }
  const idempotencyKey = `${key.data} ${seen}`
  const done = await askForChange({ ...asked, idempotencyKey, body: { seen }, once }, ports)
  return done.ok ? goTo(ports.issuer, `/decide/${done.value.stored.state.ask.id}`) : refusedFor(done)
}

const seenOf = (
  { action, arguments: args, reason }: { action: string; arguments: JsonObject; reason: string },
  foreseen: ForeseenChange,
) =>
  digestOf('hotwork.registry-shown.v1', {
    ...{ action, arguments: args, reason },
    ...(foreseen as unknown as JsonObject),
  })

/** The field that a refusal is about: the first member that it names, or that of the catalogue. */
function faultIn(code: Refusal, detail = '', texts: { readonly [field: string]: string }): { [field: string]: string } {
  const named = [...detail.matchAll(/`([^`]+)`/g)].flatMap(([, path = '']) => path.split(/[^A-Za-z]+/))
  const field = [...named, refusals[code].field ?? ''].find((name) => Object.hasOwn(texts, name) && name !== 'change')
  return field === undefined ? {} : { [field]: whatCameOf(code, detail) }
}

/** `POST /registry/accept/{id}`: the new owner accepts an agent, by the present login. */
export async function acceptOnPage(call: Call, ports: RegistryPagePorts): Promise<Answer> {
  const id = RequestId.safeParse(call.path('id'))
  const { guest } = await sentForm(call, `/decide${id.success ? `/${id.data}` : ''}`, ports)
  if (!id.success) throw notShown()
  const { acr, at } = guest.session
  const done = await acceptTransfer({ id: id.data, person: guest.person.id, login: defined({ acr, at }) }, ports)
  if (done.ok) return goTo(ports.issuer, `/decide/${id.data}`)
  const next = { href: `/decide/${id.data}`, text: 'The request' }
  const { reader } = guest
  const message = { title: 'Not accepted', text: whatCameOf(done.code, done.detail), next, reader }
  return shown(ports.issuer, messagePage(message), pageStatus(done.code))
}
