// Rules: test/http/ask-page.test.ts
import { askAboutAsker } from '../../domain/deciding/questions.ts'
import { eligibilityOf } from '../../domain/deciding/rights.ts'
import { digestOf } from '../../domain/digest.ts'
import { type Agent, agentStatus, answersFor } from '../../domain/people/organisation.ts'
import { agentRefOf } from '../../domain/policy/agent-ref.ts'
import { findResource } from '../../domain/policy/assess.ts'
import { agentOf, type Bundle } from '../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { digested, type Said, saidOf } from '../../domain/record/ask-terms.ts'
import type { Submit } from '../../domain/record/commands.ts'
import { replay } from '../../domain/record/evolve.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { submit } from '../../domain/requests/decide.ts'
import {
  type AgentId,
  type Digest,
  defined,
  type JsonObject,
  type NumericDate,
  ok,
  type PersonId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { Policy } from '../policy/ports.ts'
import type { OnceOnly } from '../ports.ts'
import { keepRate } from '../rates.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { bodyDigest, findRepeat, idempotencyItem } from '../record/repeat.ts'
import { assessAsked } from './assess-submission.ts'
import { aboutAsk } from './evaluate-access.ts'
import type { AdmissionPorts, Asking, AssessedAsk, RefusedSubmission } from './submission.ts'
import { type Submitted, submitOnBehalf } from './submit-request.ts'

export type OnBehalfAsk = Pick<Said, 'purpose' | 'parentTask' | 'justification'> & {
  person: PersonId
  agent: AgentId
  action: string
  arguments: JsonObject
  /**
   * The digest of policy's answer that the person saw. The request is refused without it, or if the answer has changed.
   */
  seen?: string | undefined
  /** An idempotency key: a form sent twice gives one request. */
  form: string
  once: OnceOnly
}

/** Policy's answer for the person's preview. */
export type OnBehalfForeseen = {
  seen: string
  tier: number
  stages: readonly { name: string; quorum: number; people: readonly PersonId[] }[]
}

type OnBehalf = { foreseen: OnBehalfForeseen } | { asked: Submitted }

/**
 * A person who answers for an agent asks on its behalf: the same request as the agent's own, recorded as asked by the
 * person, who may not decide it. Its first claim binds it to the agent's key. It counts against the agent's own rates.
 */
export async function askOnBehalf(ask: OnBehalfAsk, ports: AdmissionPorts): Promise<Result<OnBehalf, Refusal>> {
  const { person, agent } = ask
  const content = contentOf(ask)
  const [key, body] = [idempotencyItem(person, `${ask.form} ${content}`), bodyDigest(content)]
  const repeat = ask.seen === undefined ? undefined : await findRepeat(key, body, undefined, ports)
  if (repeat?.ok) return ok({ asked: { stored: repeat.value, created: false } })
  const refusedAbout = (resource = { type: 'unknown', id: 'unknown' }) => {
    const about = aboutAsk({
      action: { name: ask.action, properties: ask.arguments },
      resource,
      parentTask: ask.parentTask,
    })
    return refuseOnRecord(person, 'ask_on_behalf', ports, { about })
  }
  // Checked first: a person without the right must not spend the agent's rates.
  const own = agentOf(ports.policy.bundle, agent)
  const isOwn = own !== undefined && answersFor(own).includes(person)
  if (!isOwn || (await isStopped(person, ports, { now: ports.clock.now() })))
    return refusedAbout()<Refusal>('not_permitted')
  const kind = ask.seen === undefined ? 'evaluations' : 'submissions'
  const taken = await keepRate(agent, kind, 1, ports)
  if (!taken.permitted)
    return refuse('too_many_requests', `in ${taken.retryAfter} s, by \`limits.${kind}\` of the ladder`)
  await ports.policy.look?.([agent])
  const found = await foresee(ask, ports)
  if (!found.assessed.ok) return refusedAbout(found.resource)<Refusal>(found.assessed.code, found.assessed.detail)
  const { foreseen, assessed, asking } = found.assessed.value
  if (ask.seen !== foreseen.seen) return ok({ foreseen })
  const done = await submitOnBehalf({ ...asking, once: ask.once }, { assessed, item: key, body }, ports)
  return done.ok ? ok({ asked: done.value }) : done
}

export type Askable = { agents: readonly Agent[]; actions: readonly CatalogueEntry[] }

export function askable(person: PersonId, { policy, clock }: Pick<AdmissionPorts, 'policy' | 'clock'>): Askable {
  const { agents, directory, actions } = policy.bundle
  const own = agents.filter((agent) => answersFor(agent).includes(person))
  return {
    agents: own.filter((agent) => agentStatus(agent, directory, clock.now()) === 'active'),
    actions: Object.values(actions),
  }
}

type Foreseeing = {
  resource?: ApprovalRequest['ask']['resource']
  assessed:
    | Result<{ foreseen: OnBehalfForeseen; assessed: AssessedAsk; asking: Asking & { askedBy: PersonId } }, Refusal>
    | RefusedSubmission
}

async function foresee(ask: OnBehalfAsk, ports: AdmissionPorts): Promise<Foreseeing> {
  const { policy, clock } = ports
  const { bundle } = policy
  const now = clock.now()
  const agent = agentOf(bundle, ask.agent)
  if (!agent) return { assessed: refuse('not_permitted') }
  const found = findResource(bundle, {
    action: ask.action,
    arguments: ask.arguments,
    mcp: bundle.actions[ask.action]?.mcp,
  })
  if (!found.ok) return { assessed: found }
  const { resource, mcp } = found.value
  const asking = {
    agent: agentRefOf(agent, bundle, now),
    subject: { type: 'agent', id: agent.id },
    action: { name: ask.action, properties: ask.arguments },
    resource,
    ...saidOf(ask),
    askedBy: ask.person,
    ...defined({ mcp }),
  }
  const assessed = await assessAsked(asking, ports)
  if (!assessed.ok) return { resource, assessed }
  const state = stateOf(assessed.value.submit, now)
  const answer = askAboutAsker(policy, state, ask.person, now)
  if (!answer.permit)
    return { resource, assessed: refuse(answer.error ? 'policy_error' : 'not_permitted', answer.detail) }
  return { resource, assessed: ok({ foreseen: foreseenOf(ask, state, policy, now), assessed: assessed.value, asking }) }
}

function stateOf(asked: Submit, now: NumericDate): ApprovalRequest {
  const state = replay(submit(asked, now))
  if (!state) throw new TypeError('a submission has events')
  return state
}

const contentOf = (ask: OnBehalfAsk): Digest => {
  const { person, agent, action, arguments: args, justification = null } = ask
  return digestOf('hotwork.on-behalf.v1', {
    ...{ person, agent, action, arguments: args, justification },
    ...digested('bound', ask),
  })
}

function foreseenOf(ask: OnBehalfAsk, state: ApprovalRequest, policy: Policy, now: NumericDate): OnBehalfForeseen {
  const { tier, stages } = state
  const { eligible } = eligibilityOf(policy, state, activeOf(policy.bundle), now)
  const named = stages.map(({ terms: { name, quorum } }) => ({
    name,
    quorum,
    people: Object.entries(eligible).flatMap(([person, names]) => (names.includes(name) ? [person as PersonId] : [])),
  }))
  const shown = digestOf('hotwork.on-behalf-shown.v1', { content: contentOf(ask), tier, stages: named })
  return { seen: shown.slice(0, 32), tier, stages: named }
}

const activeOf = ({ directory }: Bundle): readonly PersonId[] =>
  directory.people.flatMap(({ id, status }) => (status === 'active' ? [id] : []))
