// Rules: test/http/ask-page.test.ts
import type { Call, Endpoint } from '../../adapters/http/endpoint.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { chooseAskPage, type FillAsk, fillAskPage } from '../../adapters/pages/giving/ask-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { readArguments } from '../../adapters/typed-arguments.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { ParentTask } from '../../domain/record/ask-terms.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { AgentId, defined, EvaluationId } from '../../domain/values.ts'
import { askable, askOnBehalf } from '../../operations/requests/ask-on-behalf.ts'
import type { AdmissionPorts } from '../../operations/requests/submission.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import {
  type Guest,
  goTo,
  guestOf,
  type PagePorts,
  pageDoor,
  pageStatus,
  sentForm,
  shown,
  toLogin,
  unknownForm,
} from '../pages/page-door.ts'
import { acceptOnPage, askOnRegistryPage, type RegistryPagePorts, showRegistryForm } from '../pages/registry-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { agentRows, pagePorts, permitStore, withTexts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'
import { tasksOf } from '../wiring/tasks.ts'
import { type RegistryApiPorts, registryRequests } from './registry-requests.ts'

type Ports = PagePorts & AdmissionPorts & RegistryPagePorts & RegistryApiPorts

/**
 * A person asks: on behalf of an agent that they answer for, or for a change of the registry of agents. The pages, and
 * the API of the registry.
 */
export function createHandler(ports: Ports): Endpoint {
  const [byPage, byApi] = [
    pageDoor(ports, (call) => pages[call.route]?.(call, ports) ?? showAsk(call, ports)),
    registryRequests(ports),
  ]
  return (event) => (event.routeKey.includes(' /v1/') ? byApi(event) : byPage(event))
}

const pages: { readonly [route: string]: (call: Call, ports: Ports) => Promise<Answer> } = {
  'POST /ask': ask,
  'GET /registry': showRegistryForm,
  'POST /registry': askOnRegistryPage,
  'POST /registry/accept/{id}': acceptOnPage,
}

async function showAsk(call: Call, ports: Ports): Promise<Answer> {
  const guest = await guestOf(call, ports)
  if (!guest) return toLogin(ports.issuer, '/ask')
  const [agent = '', action = ''] = [call.query('agent'), call.query('action')]
  const chosen = chosenBy(guest, { agent, action }, ports)
  if (chosen) return filled(chosen, guest, ports, { key: ports.ids.evaluation(), sent: { texts: {} } })
  return agent === ''
    ? choose(guest, ports)
    : choose(guest, ports, 'Choose an agent that you answer for, and an action.', 400)
}

function choose({ person, reader }: Guest, ports: Ports, text?: string, status = 200): Answer {
  const view = { askable: askable(person.id, ports), sent: { texts: {} }, reader }
  return shown(ports.issuer, chooseAskPage({ ...view, ...(text === undefined ? {} : { notice: { text } }) }), status)
}

type Chosen = { agent: AgentId; entry: CatalogueEntry }

function chosenBy(
  guest: Guest,
  { agent, action }: { agent: string; action: string },
  ports: Ports,
): Chosen | undefined {
  const { agents, actions } = askable(guest.person.id, ports)
  const own = agents.find(({ id }) => id === agent)
  const entry = actions.find(({ name }) => name === action)
  return own && entry && { agent: own.id, entry }
}

function filled(
  chosen: Chosen,
  { reader }: Guest,
  { issuer, policy }: Ports,
  view: Pick<FillAsk, 'key' | 'sent' | 'foreseen' | 'notice'>,
  status = 200,
): Answer {
  return shown(issuer, fillAskPage({ ...view, ...chosen, facts: policy.bundle, reader }), status)
}

/** `POST /ask`: shows policy's answer to the ask in the form, or submits exactly the shown ask. */
async function ask(call: Call, ports: Ports): Promise<Answer> {
  const { guest, form } = await sentForm(call, '/ask', ports)
  const [key, agent] = [EvaluationId.safeParse(form.get('key')), AgentId.safeParse(form.get('agent'))]
  if (!key.success || !agent.success) throw unknownForm()
  const entry = askable(guest.person.id, ports).actions.find(({ name }) => name === form.get('action'))
  if (!entry) return choose(guest, ports, 'This action is no longer in the catalogue, so nothing was asked.', 409)
  // The operation checks that the person still answers for the agent, and records a refusal.
  const chosen = { agent: agent.data, entry }
  const texts = Object.fromEntries([...form].map(([name, text]) => [name, text.replaceAll('\r\n', '\n')]))
  const again = (view: Pick<FillAsk, 'foreseen' | 'notice'>, wrong: { [name: string]: string }, status: number) =>
    filled(chosen, guest, ports, { key: key.data, sent: { texts, wrong }, ...view }, status)
  const read = readAsk(chosen.entry, texts)
  if ('wrong' in read)
    return again({ notice: { text: 'Nothing was asked: some fields have a mark that says why.' } }, read.wrong, 400)
  const seen = form.get('act') === 'ask' ? form.get('seen') : undefined
  const once = { key: `SEEN#ask-on-page ${key.data}`, value: 'asked', expiresAt: ports.clock.now() + 86_400 }
  const asked = {
    ...read,
    person: guest.person.id,
    agent: agent.data,
    action: entry.name,
    form: key.data,
    once,
    ...defined({ seen }),
  }
  const done = await askOnBehalf(asked, ports)
  if (!done.ok)
    return again({ notice: { text: whatCameOf(done.code, done.detail) } }, faultIn(done, entry), pageStatus(done.code))
  if ('asked' in done.value) return goTo(ports.issuer, `/decide/${done.value.asked.stored.state.ask.id}`)
  return again({ foreseen: done.value.foreseen }, {}, 200)
}

/** The field that a refusal is about, with the refusal. */
function faultIn({ code, detail = '' }: { code: Refusal; detail?: string }, { arguments: schema }: CatalogueEntry) {
  const [named = ''] = (detail.match(/`([^`]+)`/)?.[1] ?? '').split('.')
  return Object.hasOwn(schema.properties, named) ? { [`is.${named}`]: whatCameOf(code, detail) } : {}
}

function readAsk(entry: CatalogueEntry, texts: { [name: string]: string }) {
  const text = (name: string) => (texts[name] ?? '').trim()
  const { arguments: args, wrong: faults } = readArguments(entry.arguments, (name) => texts[`is.${name}`] ?? '')
  const wrong = Object.fromEntries(Object.entries(faults).map(([name, why]) => [`is.${name}`, why]))
  const [purpose, url] = [text('purpose').slice(0, 64), text('task_url')]
  if (purpose === '') wrong['purpose'] = 'Say what it is for, as your policies know it.'
  const task = ParentTask.safeParse({ id: text('task'), ...(url === '' ? {} : { url }) })
  if (!task.success)
    wrong[task.error.issues[0]?.path[0] === 'url' ? 'task_url' : 'task'] =
      'Write the id of a task, and its whole address if it has one.'
  if (!task.success || Object.keys(wrong).length > 0) return { wrong }
  const justification = text('justification').slice(0, 1000)
  return { arguments: args, purpose, parentTask: task.data, ...(justification === '' ? {} : { justification }) }
}

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | Stores | 'TEXTS_TABLE' | Reads | 'TARGET_ROLE' | 'INCIDENT_SECRET'
> = (told) => {
  const ports = { ...withReader(told, pagePorts(told, cedarPolicy())), permits: permitStore(told) }
  return { ...withTexts(ports, told), agents: agentRows(told), ...tasksOf(ports, told), targetRole: told.TARGET_ROLE }
}
