// Rules: test/operations/ledger/refused.test.ts
import { registryUsed } from '../../domain/agents/governed-registry.ts'
import type { Actor } from '../../domain/event.ts'
import { chainEntries, contextOf } from '../../domain/ledger/ledger.ts'
import {
  type About,
  type Counted,
  kindKey,
  kindsKey,
  othersKey,
  readCounted,
  refusedKinds,
  refusedWindow,
  writeCounted,
} from '../../domain/ledger/refused.ts'
import { takeTokens } from '../../domain/policy/ladder.ts'
import type { Observed } from '../../domain/policy/observed.ts'
import type { Event } from '../../domain/record/events.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { AskerId, NumericDate, ToolId } from '../../domain/values.ts'
import { actorNamed, defined, refuse } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'
import { bucketRow, readBucket } from '../rates.ts'
import type { DecidingPorts, Stored } from './ports.ts'
import { manyWriters, runAggregate } from './run-aggregate.ts'

type More = { about?: About; policies?: readonly string[]; observed?: Observed | undefined }

/**
 * Records a refused attempt on the actor's own chain, one entry an hour for each kind (attempt, code, action,
 * resource, agent concerned). Repeats are counted in the next entry, so a flood does not lengthen the record, and a
 * write that the SDK retries counts once.
 */
export async function recordRefusal(
  actor: Actor,
  attempted: string,
  code: Refusal,
  ports: DecidingPorts,
  { about = {}, policies = [], observed }: More = {},
): Promise<void> {
  const { requests, ledger, clock } = ports
  const { action, agent, request, reason, ...context } = about
  const chain = actor.id
  const kind = kindKey(chain, `${actor.id} ${attempted}`, code, about)
  await runAggregate(chain, manyWriters, async () => {
    const now = clock.now()
    const { key, before, others, taken } = await rowFor(kind, chain, now, requests)
    const { until, since } = readCounted(before)
    if (now < until)
      return (await requests.putOnce(countedRow(key, { until, since: since + 1 }, before))) ? 'counted' : undefined
    const event: Event = {
      type: 'Refused',
      at: now,
      actor,
      policies: [...policies],
      bundle: ports.policy.bundle.hash,
      attempted,
      code,
      ...defined({ action, agent, request, reason }),
      count: since + 1,
      ...defined({ others, observed }),
    }
    const head = await ledger.head(chain)
    const { entries, head: next } = chainEntries(chain, head, [event], {
      ...context,
      ...registryUsed(ports.policy.bundle),
    })
    const once = [countedRow(key, { until: now + refusedWindow, since: 0 }, before), ...(taken ? [taken] : [])]
    return (await ledger.append(chain, head, entries, next, once)) ? 'recorded' : undefined
  })
}

/** Refuses an attempt of an agent, a person or a tool, on their own chain. */
export const refuseOnRecord =
  (id: AskerId | ToolId, attempted: string, ports: DecidingPorts, more?: More) =>
  async <Code extends Refusal>(code: Code, detail?: string) => {
    await recordRefusal(actorNamed(id), attempted, code, ports, more)
    return refuse(code, detail)
  }

export const aboutStored = (stored: Stored | undefined): { about: About } => ({
  about: stored ? { ...contextOf(stored.state), action: stored.state.ask.action, request: stored.state.ask.id } : {},
})

type Row = { key: string; before: string | undefined; others?: true; taken?: OnceOnly }

async function rowFor(
  kind: string,
  chain: string,
  now: NumericDate,
  requests: DecidingPorts['requests'],
): Promise<Row> {
  const before = await requests.recall(kind)
  if (now < readCounted(before).until) return { key: kind, before }
  const bucket = await requests.recall(kindsKey(chain))
  const taken = takeTokens(refusedKinds, readBucket(bucket), 1, now)
  if (taken.permitted) return { key: kind, before, taken: bucketRow(kindsKey(chain), taken.fullAt, bucket) }
  const key = othersKey(chain)
  return { key, before: await requests.recall(key), others: true }
}

const countedRow = (key: string, counted: Counted, before: string | undefined): OnceOnly => ({
  key,
  value: writeCounted(counted),
  ...defined({ replaces: before }),
  expiresAt: counted.until + 86_400,
})
