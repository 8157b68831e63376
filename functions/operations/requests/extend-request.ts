// Rules: test/operations/requests/extend.test.ts
import { passedOn } from '../../domain/record/ask-terms.ts'
import { type ApprovedRequest, keyOf } from '../../domain/record/request.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { asExtension, whyNotExtended } from '../../domain/requests/extend.ts'
import {
  type AgentId,
  defined,
  type Json,
  ok,
  type RequestId,
  type Result,
  type Thumbprint,
} from '../../domain/values.ts'
import { findEnding } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { commitNew } from '../record/carry-out.ts'
import { aboutStored, refuseOnRecord } from '../record/refuse.ts'
import { bodyDigest, findRepeat, idempotencyItem } from '../record/repeat.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import { assessAsked, type SubmissionPorts } from './assess-submission.ts'
import { readAndAdmit, type SubmissionRefusal, type Submitted } from './submit-request.ts'

export type ExtensionAsk = {
  id: RequestId
  agent: AgentId
  jkt: Thumbprint
  minutes: number
  justification?: string
  idempotencyKey?: string | undefined
  body: Json
  once: OnceOnly
}

type ExtensionRefusal =
  | SubmissionRefusal
  | 'unknown_request'
  | 'not_extendable'
  | 'extension_too_long'
  | 'already_extended'
type Extended = Result<Submitted, ExtensionRefusal>

const day = 86_400

/**
 * Asks for more time of a live grant: the same ask as a new request that policy and people decide. Once for each grant:
 * a second call finds the key of the first.
 */
export async function extendRequest(ask: ExtensionAsk, ports: SubmissionPorts): Promise<Extended> {
  const { requests, clock } = ports
  const body = bodyDigest({ extend: ask.id, body: ask.body })
  const key = idempotencyItem(ask.agent, ask.idempotencyKey ?? `${body} ${ask.jkt}`)
  await ports.policy.look?.([ask.agent])
  return runAggregate<Extended>(ask.agent, manyWriters, async () => {
    const stored = await requests.load(ask.id)
    const refused = refuseOnRecord(ask.agent, 'extend', ports, aboutStored(stored))
    if (stored?.state.ask.agent.id !== ask.agent) return refused('unknown_request')
    if (keyOf(stored.state) !== ask.jkt) return refused('key_mismatch')
    const repeat = await findRepeat(key, body, ask.jkt, ports)
    if (repeat) return repeat.ok ? ok({ stored: repeat.value, created: false }) : refused(repeat.code)
    const now = clock.now()
    const state = asOf(stored.state, now)
    const wrong = whyNotExtended(state, ask.minutes * 60)
    if (wrong) return refused(wrong.code, wrong.detail)
    if (await findEnding(state, now, ports)) return refused('not_extendable', 'it has ended')
    const once = `EXT#${ask.id}`
    const before = await requests.recall(once)
    if (before !== undefined) return refused('already_extended', before)
    const assessed = await assessExtension(state as ApprovedRequest, ask, ports)
    if (!assessed.ok) return refused(assessed.code, assessed.detail)
    const ready = await readAndAdmit(assessed.value, ports)
    if (!ready.ok) return refused(ready.code, ready.detail)
    const { submit } = ready.value
    const { id } = submit.ask
    const expiresAt = now + 8 * day
    const kept = [{ key, value: `${body} ${id}`, expiresAt }, { key: once, value: id, expiresAt }, ask.once]
    const { events } = decide(undefined, submit, clock.now())
    const done = await commitNew(events, ports, { once: kept })
    if (done.result.outcome === 'committed') return ok({ stored: done.stored, created: true })
    const isReplayed = done.result.outcome === 'taken' && done.result.key.startsWith('SEEN#')
    return isReplayed ? refused('replayed') : undefined
  })
}

function assessExtension(of: ApprovedRequest, { jkt, minutes, justification }: ExtensionAsk, ports: SubmissionPorts) {
  const { agent, action, arguments: properties, resource } = of.ask
  const same = {
    agent: { ...agent, id: agent.id as AgentId },
    subject: { type: 'agent', id: agent.id },
    action: { name: action, properties },
    ...passedOn('extension', of.ask),
    ...{ resource, jkt },
    ...defined({ justification }),
  }
  const as = (submit: Parameters<typeof asExtension>[0]) => asExtension(submit, of, minutes * 60)
  return assessAsked(same, ports, { atLeast: of.tier, as })
}
