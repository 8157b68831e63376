// Rules: test/operations/requests/story.test.ts
import { digestOf } from '../../domain/digest.ts'
import { digested, maySpendPermit } from '../../domain/record/ask-terms.ts'
import type { Submit } from '../../domain/record/commands.ts'
import type { ApprovalRequest, Ask } from '../../domain/record/request.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { Digest, NumericDate, PersonId, Result } from '../../domain/values.ts'
import { defined, ok, RequestId } from '../../domain/values.ts'
import { drawFromPermit, findPermits } from '../permits/standing-permits.ts'
import { findEnding } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { readState } from '../previews/read-again.ts'
import { commitNew } from '../record/carry-out.ts'
import type { DecidingPorts, Stored } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { bodyDigest, findRepeat, idempotencyItem } from '../record/repeat.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import { prepareAssessment, prepareSubmission, type SubmissionAsk, type SubmissionPorts } from './assess-submission.ts'
import { aboutAsk } from './evaluate-access.ts'
import { revisedKey } from './find-words.ts'
import { besideGate, mayWait } from './limits.ts'
import type {
  AdmissionPorts,
  Asking,
  Assess,
  AssessedAsk,
  Lacking,
  RefusedSubmission,
  RunRefusal,
  SubmissionResult,
  Unbound,
} from './submission.ts'

/** `created`: false if the answer is an earlier request: one with the same key, or a pending identical one. */
export type Submitted = { stored: Stored; created: boolean }

export type SubmissionRefusal =
  | Unbound
  | Lacking
  | RunRefusal
  | 'not_requestable'
  | 'invalid_revision'
  | 'too_many_revisions'
  | 'duplicate_request'
  | 'key_mismatch'
  | 'replayed'
  | 'too_many_open'

const day = 86_400

/** `recall`: the keys of repeated calls. `attaches`: the statuses in which an ask joins an identical request. */
type Way = {
  recall?: { item: string; body: Digest }
  prepare: () => Promise<Assess>
  attaches: (state: ApprovalRequest) => boolean
}

/**
 * Submits an ask. The same key and body give the same request, and so does an identical pending ask. An ask that a
 * standing permit covers is approved in the transaction that spends the permit.
 */
export function submitRequest(
  ask: SubmissionAsk,
  ports: SubmissionPorts,
  admitted?: Promise<void>,
): Promise<Result<Submitted, SubmissionRefusal>> {
  const body = bodyDigest(ask.body)
  const item = idempotencyItem(ask.agent.id, ask.idempotencyKey ?? `${body} ${ask.jkt}`)
  const prepare = () => prepareSubmission(ask, ports)
  return submitOnce(ask, { recall: { item, body }, prepare, attaches: isPending }, ports, admitted)
}

/**
 * Submits without an earlier evaluation, for an agent that asks for the token in the same call. An identical ask that
 * is pending, or approved and unclaimed, is the same request: the agent may have been killed before it had the answer.
 */
export function submitUnevaluated(
  ask: Asking & { once: OnceOnly },
  ports: SubmissionPorts,
): Promise<Result<Submitted, SubmissionRefusal>> {
  const attaches = (state: ApprovalRequest) =>
    state.status === 'pending' || (state.status === 'approved' && state.grant.claimedAt === undefined)
  return submitOnce(ask, { prepare: () => prepareAssessment(ask, ports), attaches }, ports)
}

/** Submits on behalf of an agent, for exactly the ask that the person was shown. */
export function submitOnBehalf(
  ask: Asking & { askedBy: PersonId; once: OnceOnly },
  { assessed, ...recall }: { assessed: AssessedAsk; item: string; body: Digest },
  ports: AdmissionPorts,
): Promise<Result<Submitted, SubmissionRefusal>> {
  return submitOnce(ask, { recall, prepare: async () => async () => ok(assessed), attaches: isPending }, ports)
}

const isPending = ({ status }: ApprovalRequest): boolean => status === 'pending'

async function submitOnce(
  ask: Asking & { once: OnceOnly },
  { recall, prepare, attaches }: Way,
  ports: AdmissionPorts,
  admitted: Promise<void> = Promise.resolve(),
): Promise<Result<Submitted, SubmissionRefusal>> {
  await ports.policy.look?.([ask.agent.id])
  const { action, resource, parentTask } = ask
  const about = aboutAsk({ action, resource: { type: resource.type, id: resource.id }, parentTask })
  const [by, attempted] = ask.askedBy === undefined ? [ask.agent.id, 'submit'] : [ask.askedBy, 'ask_on_behalf']
  const refused = refuseOnRecord(by, attempted, ports, { about })
  const refusedFor = ({ code, detail, because }: RefusedSubmission) => {
    const { reason, policies = [], wouldBe: observed } = because ?? {}
    const more = { about: { ...about, ...defined({ reason }) }, policies, observed }
    return refuseOnRecord(by, attempted, ports, more)(code, detail)
  }
  return runAggregate<Result<Submitted, SubmissionRefusal>>(ask.agent.id, manyWriters, async () => {
    // In parallel. Until the caller is admitted nothing is recorded and no other service is called.
    const reads = Promise.all([recall && findRepeat(recall.item, recall.body, ask.jkt, ports), prepare()])
    const [repeat, assess] = await besideGate(admitted, reads)
    if (repeat) return repeat.ok ? ok({ stored: repeat.value, created: false }) : refused(repeat.code)
    const assessed = await assess()
    if (!assessed.ok) return refusedFor(assessed)
    const remember = (id: RequestId, since: NumericDate): readonly OnceOnly[] =>
      recall ? [{ key: recall.item, value: `${recall.body} ${id}`, expiresAt: since + 8 * day }] : []
    const open = `OPEN#${ask.agent.id}#${openKey(assessed.value.submit.ask)}`
    const { revises } = assessed.value.submit.ask
    const revised = revises && revisedKey(revises)
    const [{ before, same }, ready, revision] = await Promise.all([
      findSame(open, attaches, ports),
      readAndAdmit(assessed.value, ports),
      revised && ports.requests.recall(revised),
    ])
    if (same) {
      // The proof is spent, though no request is made.
      if (!(await ports.requests.putOnce(ask.once))) return refused('replayed')
      const [row] = remember(same.state.ask.id, same.state.submittedAt)
      return row === undefined || (await ports.requests.putOnce(row)) ? ok({ stored: same, created: false }) : undefined
    }
    if (revision) return refused('invalid_revision')
    if (!ready.ok) return refusedFor(ready)
    const { submit, drawn } = ready.value
    const { id } = submit.ask
    const now = ports.clock.now()
    const once: OnceOnly[] = [
      ...remember(id, now),
      { key: open, value: id, ...defined({ replaces: before }), expiresAt: now + 8 * day },
      ...(revised ? [{ key: revised, value: id, expiresAt: now + 8 * day }] : []),
      ...(drawn?.holds ?? []),
      ask.once,
    ]
    const { events } = decide(undefined, drawn?.submit ?? submit, now)
    const { stored, result } = await commitNew(events, ports, { once, ...defined({ draw: drawn?.draw }) })
    if (result.outcome === 'committed') return ok({ stored, created: true })
    const isReplayed = result.outcome === 'taken' && result.key.startsWith('SEEN#')
    return isReplayed ? refused('replayed') : undefined
  })
}

/** The id of an identical ask's request, and the request itself if the ask may join it. */
async function findSame(open: string, attaches: Way['attaches'], ports: DecidingPorts) {
  const before = await ports.requests.recall(open)
  return { before, same: before === undefined ? undefined : await loadAttachable(before, attaches, ports) }
}

/** The request, if an ask may join it. A halt ends it even before its record says so. */
async function loadAttachable(id: string, wanted: Way['attaches'], ports: DecidingPorts): Promise<Stored | undefined> {
  const now = ports.clock.now()
  const stored = await ports.requests.load(RequestId.parse(id))
  const state = stored && asOf(stored.state, now)
  if (!stored || !state || !wanted(state) || (await findEnding(state, now, ports))) return undefined
  return { ...stored, state }
}

const openKey = (ask: Ask) => {
  const { action, arguments: args, resource } = ask
  return digestOf('hotwork.open.v1', { action, arguments: args, resource, ...digested('open', ask) })
}

/** Reads the resource, and finds the people to ask. A refused ask reads nothing. */
export async function readAndAdmit(
  { submit: asIf, withPreview }: AssessedAsk,
  ports: AdmissionPorts,
): Promise<SubmissionResult<{ submit: Submit; drawn: Drawn }>> {
  // In parallel: the agent waits for the slower one.
  const [found, early, permits] = await Promise.all([
    readState(asIf.ask, ports),
    asIf.stages.length > 0 ? mayWait(asIf.ask, ports) : undefined,
    mayDraw(asIf) ? findPermits(asIf, ports) : [],
  ])
  const submission = withPreview(found?.preview, found?.words)
  if (!submission.ok) return submission
  const submit = submission.value
  const drawn = mayDraw(submit) ? await drawFromPermit(submit, permits, ports.clock.now(), ports) : undefined
  const room = submit.stages.length > 0 && !drawn ? (early ?? (await mayWait(submit.ask, ports))) : ok(true)
  return room.ok ? ok({ submit, drawn }) : room
}

/** False for asks with a later start, which may outlive the permit, for extensions and for asks by people. */
const mayDraw = ({ stages, ask }: Submit): boolean => stages.length > 0 && maySpendPermit(ask)

type Drawn = Awaited<ReturnType<typeof drawFromPermit>>
