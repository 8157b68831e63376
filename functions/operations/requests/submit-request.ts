import { digestOf } from '../../domain/digest.ts'
import { type Assessment, previewAsIf } from '../../domain/policy/assess.ts'
import { outcomeOfPreview, type Preview, type PreviewOutcome } from '../../domain/previews/preview.ts'
import type { Submit } from '../../domain/requests/commands.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import type { AgentRef, Ask, ParentTask } from '../../domain/requests/request.ts'
import type { AskerId, Digest, EvaluationId, Json, NumericDate, Result, Thumbprint } from '../../domain/values.ts'
import { defined, ok, RequestId, refuse } from '../../domain/values.ts'
import { type BrokerPorts, targetOf } from '../credentials/issue-aws-credentials.ts'
import type { Statements } from '../credentials/ports.ts'
import { type Bound, bindsTo } from '../credentials/statements.ts'
import { findHaltOfAgent, toldOf } from '../halts/find-halt.ts'
import type { PermitReader } from '../permits/ports.ts'
import { drawFromPermit } from '../permits/standing-permits.ts'
import { findEnding } from '../policy/authority.ts'
import type { OnceOnly } from '../ports.ts'
import { observe, type ReaderPorts } from '../previews/read-again.ts'
import { commitNew, manyWriters, refuseOnRecord, runAggregate } from './carry-out.ts'
import { aboutAsk, assessAsk, bindingOf, boundOf, boundPlainly } from './evaluate-access.ts'
import { Lately, mayWait } from './limits.ts'
import type { AskingPorts, DecidingPorts, MakingPorts, Stored } from './ports.ts'

export const idempotencyItem = (asker: AskerId, key: string): string =>
  `IDEM#${asker}#${digestOf('hotwork.idempotency-key.v1', key)}`

export const bodyDigest = (body: Json): Digest => digestOf('hotwork.idempotency.v1', body)

/** Undefined where nothing was made under this key; a refusal where the body or the key that asked is another. */
export async function findRepeat(
  item: string,
  body: Digest,
  jkt: Thumbprint | undefined,
  { requests, clock }: Pick<AskingPorts, 'requests' | 'clock'>,
): Promise<Result<Stored, 'duplicate_request' | 'key_mismatch'> | undefined> {
  const before = await requests.recall(item)
  if (before === undefined) return undefined
  const [sameBody, id] = before.split(' ')
  if (sameBody !== body) return refuse('duplicate_request')
  const stored = await requests.load(RequestId.parse(id))
  if (!stored) return undefined
  // Another key could never claim what this one asked for.
  if (stored.state.ask.jkt !== jkt) return refuse('key_mismatch')
  return ok({ ...stored, state: asOf(stored.state, clock.now()) })
}

type SubmissionAsk = Bound & {
  agent: AgentRef
  purpose: string
  justification?: string
  parentTask: ParentTask
  evaluation?: EvaluationId | undefined
  bindingToken?: string | undefined
  /** When the denial ends, as the client repeats it: it must be what the statement says, and decides nothing. */
  denialExpiresAt?: NumericDate | undefined
  requestedUntil?: NumericDate
  jkt: Thumbprint
  /** Without one, the same body by the same key is the same request. */
  idempotencyKey?: string | undefined
  body: Json
  once: OnceOnly
}

type Ports = MakingPorts &
  ReaderPorts &
  Pick<BrokerPorts, 'targetRole'> & { permits: Pick<PermitReader, 'ofAgent'>; statements: Pick<Statements, 'verify'> }
/** `created` is false where an earlier request is the answer: the same key, or an identical one that is pending. */
type Submitted = { stored: Stored; created: boolean }

type Unbound = 'invalid_denial_binding' | 'expired_denial'
type SubmissionRefusal =
  | Unbound
  | 'not_requestable'
  | 'duplicate_request'
  | 'key_mismatch'
  | 'replayed'
  | 'too_many_open'

const day = 86_400

/**
 * The same key and body is the same request; an identical ask that is pending is answered with its request. One that a
 * standing permit covers is approved in the transaction that spends the permit.
 */
export async function submitRequest(ask: SubmissionAsk, ports: Ports): Promise<Result<Submitted, SubmissionRefusal>> {
  const body = bodyDigest(ask.body)
  const key = idempotencyItem(ask.agent.id, ask.idempotencyKey ?? `${body} ${ask.jkt}`)
  const { action, resource, parentTask } = ask
  const about = aboutAsk({ action, resource: { type: resource.type, id: resource.id }, parentTask })
  const refused = refuseOnRecord(ask.agent.id, 'submit', ports, { about })
  const refusedFor = ({ code, detail, because }: Unmade) => {
    const { reason, policies = [] } = because ?? {}
    return refuseOnRecord(ask.agent.id, 'submit', ports, { about: { ...about, ...defined({ reason }) }, policies })(
      code,
      detail,
    )
  }
  return runAggregate<Result<Submitted, SubmissionRefusal>>(ask.agent.id, manyWriters, async () => {
    const repeat = await findRepeat(key, body, ask.jkt, ports)
    if (repeat) return repeat.ok ? ok({ stored: repeat.value, created: false }) : refused(repeat.code)
    const made = await makeSubmit(ask, ports)
    if (!made.ok) return refusedFor(made)
    const open = `OPEN#${ask.agent.id}#${openKey(made.value.submit.ask)}`
    const before = await ports.requests.recall(open)
    const pending = before === undefined ? undefined : await stillPending(before, ports)
    if (pending) {
      // The proof is spent also where nothing new is made of it.
      if (!(await ports.requests.claim(ask.once))) return refused('replayed')
      const { ask: same, submittedAt } = pending.state
      const claimed = await ports.requests.claim({
        key,
        value: `${body} ${same.id}`,
        expiresAt: submittedAt + 8 * day,
      })
      return claimed ? ok({ stored: pending, created: false }) : undefined
    }
    const ready = await readAndAdmit(made.value, ports)
    if (!ready.ok) return refusedFor(ready)
    const { submit, drawn } = ready.value
    const { id } = submit.ask
    const expiresAt = ports.clock.now() + 8 * day
    const once: OnceOnly[] = [
      { key, value: `${body} ${id}`, expiresAt },
      { key: open, value: id, ...defined({ replaces: before }), expiresAt },
      ask.once,
    ]
    const { events } = decide(undefined, drawn?.submit ?? submit, ports.clock.now())
    const { stored, result } = await commitNew(events, ports, { once, ...defined({ draw: drawn?.draw }) })
    if (result.outcome === 'committed') return ok({ stored, created: true })
    const isReplayed = result.outcome === 'taken' && result.key.startsWith('SEEN#')
    return isReplayed ? refused('replayed') : undefined
  })
}

/** One that a halt has ended is not pending, also before its record says so. */
async function stillPending(id: string, ports: DecidingPorts): Promise<Stored | undefined> {
  const now = ports.clock.now()
  const stored = await ports.requests.load(RequestId.parse(id))
  const state = stored && asOf(stored.state, now)
  if (!stored || state?.status !== 'pending' || (await findEnding(state, now, ports))) return undefined
  return { ...stored, state }
}

const openKey = ({ action, arguments: args, resource, purpose, parentTask, requestedUntil, jkt }: Ask) =>
  digestOf('hotwork.open.v1', {
    action,
    arguments: args,
    resource,
    purpose,
    parent_task: parentTask as Json,
    requested_until: requestedUntil ?? null,
    jkt: jkt ?? null,
  })

type Unmade = {
  ok: false
  code: Unbound | 'not_requestable' | 'too_many_open'
  detail?: string
  /** What an evaluation would say, for the record. */
  because?: { reason: string; policies: readonly string[] }
}

const notRequestable = (reason: string, detail?: string, policies: readonly string[] = []): Unmade => ({
  ...refuse('not_requestable', detail === undefined ? reason : `${reason}: ${detail}`),
  because: { reason, policies },
})

type MadeOr<T> = { ok: true; value: T } | Unmade
type Made = { submit: Submit; read: (preview: Preview | undefined) => MadeOr<Submit> }

/** Reads what is there, and finds who is to be asked: nothing is read for what may not even be asked for. */
async function readAndAdmit(
  { submit: asIf, read }: Made,
  ports: Ports,
): Promise<MadeOr<{ submit: Submit; drawn: Drawn }>> {
  // Side by side: the agent waits for the slower of the two.
  const [found, early] = await Promise.all([
    observe(asIf.ask, ports),
    asIf.stages.length > 0 ? mayWait(asIf.ask, ports) : undefined,
  ])
  const made = read(found?.preview)
  if (!made.ok) return made
  const submit = made.value
  const asksPeople = submit.stages.length > 0
  const drawn = asksPeople ? await drawFromPermit(submit, ports.clock.now(), ports) : undefined
  const room = asksPeople && !drawn ? (early ?? (await mayWait(submit.ask, ports))) : ok(true)
  return room.ok ? ok({ submit, drawn }) : room
}
type Drawn = Awaited<ReturnType<typeof drawFromPermit>>

/**
 * Assessed again, since policy may have changed since the evaluation; and once more where the state could not be read,
 * which may take more people.
 */
async function makeSubmit(ask: SubmissionAsk, ports: Ports): Promise<MadeOr<Made>> {
  const { policy, requests, clock, ids } = ports
  const now = clock.now()
  const named = await evaluationOf(ask, ports)
  if (!named.ok) return named
  const evaluation = await requests.loadEvaluation(named.value)
  if (!evaluation || evaluation.agent !== ask.agent.id)
    return refuse('invalid_denial_binding', '`denial.evaluation_id` is none of yours')
  if (evaluation.refused !== undefined)
    return notRequestable(evaluation.refused, 'no approval could help with what was evaluated')
  if (now >= evaluation.expiresAt) return refuse('expired_denial', 'the evaluation is too old: evaluate again')
  if (bindingOf(ask) !== evaluation.binding)
    return refuse(
      'invalid_denial_binding',
      '`subject`, `action`, `resource`, `context.purpose` and `context.parent_task` should be those of the evaluation',
    )

  const target = targetOf({ action: ask.action.name }, ports)
  const { halt, ...lifted } = await findHaltOfAgent(
    ask.agent.id,
    { action: ask.action.name, resource: ask.resource, role: target?.role },
    ports,
  )
  if (halt) {
    const { reason, detail } = toldOf(halt)
    return notRequestable(reason, detail)
  }
  const recent = await new Lately(requests).count(ask.agent.id, ask.action.name, now)
  const id = ids.request()
  const of = (as?: PreviewOutcome): MadeOr<Submit> => {
    const assessment = assessAsk(ask, ask.agent.id, recent, now, ports, as)
    if (assessment.outcome === 'refused')
      return notRequestable(assessment.reason, assessment.detail, assessment.policies)
    const { tier, stages, policies } = assessment
    const whole = askOf(ask, assessment, { id, recent, ...lifted })
    return ok({ type: 'submit', ask: whole, tier, stages, policies, bundle: policy.bundle.hash })
  }
  const asIf = of()
  if (!asIf.ok) return asIf
  const entry = policy.bundle.actions[asIf.value.ask.action]
  const read = (preview: Preview | undefined): MadeOr<Submit> => {
    const as = outcomeOfPreview(preview)
    const found = entry && previewAsIf(entry) === as ? asIf : of(as)
    return found.ok ? ok({ ...found.value, ...defined({ preview }) }) : found
  }
  return ok({ submit: asIf.value, read })
}

function askOf(
  { agent, purpose, justification, parentTask, requestedUntil, jkt, ...bind }: SubmissionAsk,
  { facts, grant }: Extract<Assessment, { outcome: 'requestable' }>,
  own: Pick<Ask, 'id' | 'recent' | 'afterHalts'>,
): Ask {
  const { environment, classification, ...resource } = facts.resource
  const undigested: Omit<Ask, 'digest' | 'argumentsDigest'> = {
    agent,
    owner: facts.agent.owner,
    chain: [],
    ancestors: [],
    action: facts.entry.name,
    arguments: facts.arguments,
    resource: { type: resource.type, id: resource.id },
    environment,
    classification,
    purpose,
    ...defined({ justification }),
    parentTask,
    credential: facts.entry.credential,
    ...grant,
    ...defined({ requestedUntil }),
    unpinned: [...facts.unpinned],
    ...own,
    jkt,
  }
  const bound = boundOf({ ...bind, purpose, parentTask })
  return withDigests({ ...undigested, ...(bound === boundPlainly(undigested) ? {} : { bound }) })
}

/** Which evaluation is answered. A statement of it is verified whenever there is one, though the record decides. */
async function evaluationOf(ask: SubmissionAsk, { statements }: Ports): Promise<Result<EvaluationId, Unbound>> {
  const unbound = (detail: string) => refuse('invalid_denial_binding' as const, detail)
  if (ask.bindingToken === undefined)
    return ask.evaluation === undefined ? unbound('`denial` names no evaluation') : ok(ask.evaluation)
  const said = await statements.verify('denial', ask.bindingToken)
  if (!said.ok) return unbound('`denial.binding_token` is none of ours')
  const { claims, expired } = said.value
  if (expired) return refuse('expired_denial', 'the evaluation is too old: evaluate again')
  const { sub, jti, exp } = claims
  if (sub !== ask.agent.id || (ask.evaluation !== undefined && jti !== ask.evaluation))
    return unbound('`denial.binding_token` is of another evaluation')
  if (ask.denialExpiresAt !== undefined && ask.denialExpiresAt !== exp)
    return unbound('`denial.expires_at` should be that of the evaluation')
  return bindsTo(claims, ask) ? ok(jti) : unbound('`denial.binding_token` is of another ask')
}
