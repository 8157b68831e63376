import { digestOf } from '../../domain/digest.ts'
import type { Submit } from '../../domain/requests/commands.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { Ask } from '../../domain/requests/request.ts'
import type { AskerId, Digest, Json, Result, Thumbprint } from '../../domain/values.ts'
import { defined, ok, RequestId, refuse } from '../../domain/values.ts'
import { drawFromPermit } from '../permits/standing-permits.ts'
import { findEnding } from '../policy/authority.ts'
import type { OnceOnly } from '../ports.ts'
import { observe } from '../previews/read-again.ts'
import { commitNew, manyWriters, refuseOnRecord, runAggregate } from './carry-out.ts'
import { aboutAsk } from './evaluate-access.ts'
import { mayWait } from './limits.ts'
import {
  type Lacking,
  type Made,
  type MadeOr,
  makeSubmit,
  type SubmissionAsk,
  type SubmissionPorts,
  type Unbound,
  type Unmade,
} from './make-submit.ts'
import type { AskingPorts, DecidingPorts, Stored } from './ports.ts'

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

/** `created` is false where an earlier request is the answer: the same key, or an identical one that is pending. */
type Submitted = { stored: Stored; created: boolean }

type SubmissionRefusal =
  | Unbound
  | Lacking
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
export async function submitRequest(
  ask: SubmissionAsk,
  ports: SubmissionPorts,
): Promise<Result<Submitted, SubmissionRefusal>> {
  const body = bodyDigest(ask.body)
  const key = idempotencyItem(ask.agent.id, ask.idempotencyKey ?? `${body} ${ask.jkt}`)
  await ports.policy.look?.([ask.agent.id])
  const { action, resource, parentTask } = ask
  const about = aboutAsk({ action, resource: { type: resource.type, id: resource.id }, parentTask })
  const refused = refuseOnRecord(ask.agent.id, 'submit', ports, { about })
  const refusedFor = ({ code, detail, because }: Unmade) => {
    const { reason, policies = [], wouldBe: observed } = because ?? {}
    const more = { about: { ...about, ...defined({ reason }) }, policies, observed }
    return refuseOnRecord(ask.agent.id, 'submit', ports, more)(code, detail)
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

const openKey = ({
  action,
  arguments: args,
  resource,
  mcp,
  purpose,
  parentTask,
  notBefore,
  requestedUntil,
  jkt,
}: Ask) =>
  digestOf('hotwork.open.v1', {
    action,
    arguments: args,
    resource,
    purpose,
    parent_task: parentTask as Json,
    ...(notBefore === undefined ? {} : { not_before: notBefore }),
    ...defined({ mcp }),
    requested_until: requestedUntil ?? null,
    jkt: jkt ?? null,
  })

/** Reads what is there, and finds who is to be asked: nothing is read for what may not even be asked for. */
export async function readAndAdmit(
  { submit: asIf, read }: Made,
  ports: SubmissionPorts,
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
  // A standing permit may be over when it starts, and an extension is asked of people.
  const mayDraw = asksPeople && submit.ask.notBefore === undefined && submit.ask.extends === undefined
  const drawn = mayDraw ? await drawFromPermit(submit, ports.clock.now(), ports) : undefined
  const room = asksPeople && !drawn ? (early ?? (await mayWait(submit.ask, ports))) : ok(true)
  return room.ok ? ok({ submit, drawn }) : room
}
type Drawn = Awaited<ReturnType<typeof drawFromPermit>>
