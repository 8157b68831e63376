// Rules: test/operations/registry/ask-for-change.test.ts
import { type ChangeRow, changeView, isChangeName } from '../../domain/agents/agent-change.ts'
import { assessChange, type ChangeAsked } from '../../domain/agents/assess-change.ts'
import { nothingGoverned } from '../../domain/agents/governed-registry.ts'
import { type AllAgents, nextRegistry } from '../../domain/agents/next-registry.ts'
import type { About } from '../../domain/ledger/refused.ts'
import { isJustified } from '../../domain/policy/asking-terms.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import type { Submit } from '../../domain/record/commands.ts'
import type { Ask } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { decide } from '../../domain/requests/decide.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import { defined, type Json, type JsonObject, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { GovernedSize } from '../agents/ports.ts'
import { findHaltOfPerson, toldOf } from '../halts/find-halt.ts'
import type { Ids, OnceOnly } from '../ports.ts'
import { commitNew, stampOf } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { bodyDigest, findRepeat, idempotencyItem } from '../record/repeat.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import { mayWait } from '../requests/limits.ts'
import type { Submitted } from '../requests/submit-request.ts'

type WantedChange = {
  person: PersonId
  /** The person's identity at their provider. */
  proven: { issuer: string; subject: string }
  action: string
  /** Spelled as in agents.json. */
  arguments: JsonObject
  reason: string
}
export type ChangeAsk = WantedChange & { idempotencyKey: string; body: Json; once?: OnceOnly }

export type ChangingPorts = DecidingPorts & { agents: GovernedSize }
export type ChangePorts = ChangingPorts & { ids: Ids }

/** A preview of a change. */
export type ForeseenChange = {
  rows: readonly ChangeRow[]
  tier: number
  stages: readonly { name: string; quorum: number; people: readonly PersonId[] }[]
  /** The person who would accept the agent first. */
  accepts?: PersonId
}

const day = 86_400

/**
 * A person asks for a change of the registry of agents. It is checked against the registry before people are asked. The
 * same key and body give the same request.
 */
export async function askForChange(ask: ChangeAsk, ports: ChangePorts): Promise<Result<Submitted, Refusal>> {
  const refused = refuseOnRecord(ask.person, 'change_registry', ports, { about: aboutChange(ask) })
  const key = idempotencyItem(ask.person, ask.idempotencyKey)
  const body = bodyDigest(ask.body)
  return runAggregate<Result<Submitted, Refusal>>(ask.person, manyWriters, async () => {
    const repeat = await findRepeat(key, body, undefined, ports)
    if (repeat) return repeat.ok ? ok({ stored: repeat.value, created: false }) : refused(repeat.code)
    const assessed = await assessAskedChange(ask, ports)
    if (!assessed.ok) return refused(assessed.code, assessed.detail)
    const { submit } = assessed.value
    const room = await mayWait(submit.ask, ports)
    if (!room.ok) return refused(room.code, room.detail)
    const now = ports.clock.now()
    const { id } = submit.ask
    const { events } = decide(undefined, submit, now)
    const { stored, result } = await commitNew(events, ports, {
      once: [{ key, value: `${body} ${id}`, expiresAt: now + 8 * day }, ...(ask.once ? [ask.once] : [])],
    })
    if (result.outcome === 'committed') return ok({ stored, created: true })
    return result.outcome === 'taken' && result.key === ask.once?.key ? refused('replayed') : undefined
  })
}

/** The change, and the people who would decide it. It records nothing. */
export async function foreseeChange(ask: WantedChange, ports: ChangePorts): Promise<Result<ForeseenChange, Refusal>> {
  const assessed = await assessAskedChange(ask, ports)
  if (!assessed.ok) return assessed
  const { submit, rows, eligible } = assessed.value
  const stages = submit.stages.map(({ name, quorum }) => ({ name, quorum, people: eligible[name] ?? [] }))
  return ok({ rows, tier: submit.tier, stages, ...defined({ accepts: submit.ask.change?.accepts }) })
}

/** Leaves out unknown names and all arguments, which are arbitrary text. */
const aboutChange = ({ action }: WantedChange): About => (isChangeName(action) ? { action } : {})

type AssessedChange = {
  submit: Submit
  rows: readonly ChangeRow[]
  eligible: { readonly [stage: string]: readonly PersonId[] }
}

async function assessAskedChange(ask: WantedChange, ports: ChangePorts): Promise<Result<AssessedChange, Refusal>> {
  const { policy, clock, ids } = ports
  const { person, action, proven } = ask
  await policy.look?.([], 'fresh')
  const { halt, ...lifted } = await findHaltOfPerson(person, [action], ports)
  if (halt) return refuse('halted', toldOf(halt).detail)
  const { bundle } = policy
  if (personOf(bundle, person)?.status !== 'active') return refuse('not_permitted')
  if (!Object.hasOwn(bundle.changes ?? {}, action))
    return refuse('unknown_action', `\`${action.slice(0, 64)}\` is not a change of the registry`)
  if (!isJustified(ask.reason)) return refuse('bad_reason', 'write three words or more')
  const now = clock.now()
  const next = nextRegistry(allAgents(ports), ask, now)
  if (!next.ok) return next
  const { before } = next.value
  const asked: ChangeAsked = { person, action, arguments: ask.arguments, before }
  const found = assessChange(bundle, (question) => policy.ask(question), asked, now)
  if (found.outcome === 'refused') return refuse(found.reason, found.detail)
  const { tier, stages, policies, grant } = found
  const { entry, resource, barred, after } = found.found
  const { environment, classification, type, id } = resource
  const whole: Ask = withDigests({
    id: ids.request(),
    agent: { id: person, ...proven },
    owner: person,
    chain: [],
    ancestors: [],
    ...{ action, arguments: found.found.arguments, resource: { type, id }, environment, classification },
    ...{ credential: entry.credential, unpinned: [], purpose: 'registry', parentTask: { id }, ...grant },
    ...{ justification: ask.reason, justified: true, recent: 0, barred: [...barred], ...lifted },
    change: defined({ before, accepts: action === 'hotwork:TransferAgent' ? after.owner : undefined }),
  })
  const stamp = stampOf(whole, ports)
  const submit: Submit = { type: 'submit', ask: whole, tier, stages, policies, ...stamp }
  return ok({ submit, rows: changeView(before, after), eligible: found.eligible })
}

export const allAgents = ({ policy, agents }: Pick<ChangingPorts, 'policy' | 'agents'>): AllAgents => ({
  files: { ...(policy.files ?? policy.bundle), directory: policy.bundle.directory },
  registry: policy.governed ?? nothingGoverned,
  sizeOf: (registry) => agents.sizeOf(registry),
})
