// Rules: test/operations/permits/shapes.test.ts
import { changedAt, isFromBefore } from '../../domain/agents/governed-registry.ts'
import { askAboutPerson, mayRead } from '../../domain/deciding/questions.ts'
import { type Halt, haltKey, haltOfPermit, targetsOfPermit } from '../../domain/halts/halt.ts'
import { drawsLeft, isLive, type StandingPermit } from '../../domain/permits/permit.ts'
import { endsPermit, readSetback, type Setback, setbackKey } from '../../domain/permits/setback.ts'
import { fits, readShape, shapeOf } from '../../domain/permits/shape.ts'
import { isSameTool } from '../../domain/policy/mcp-tool.ts'
import { type ApprovalRequest, keyOf } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  defined,
  type JsonObject,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import type { Page } from '../ports.ts'
import type { AskingPorts, RequestReader } from '../record/ports.ts'
import type { PermitReader } from './ports.ts'

/** A standing permit, with the setback or the halt that has ended it. */
export type ShownPermit = StandingPermit & { ended?: Setback; halted?: Halt }

const pageSize = 50

export async function listPermits(
  { person, after }: { person: PersonId; after?: string },
  { policy, clock, permits, requests }: AskingPorts & { permits: Pick<PermitReader, 'list'> },
): Promise<Result<Page<ShownPermit>, 'not_permitted'>> {
  if (!mayRead(policy, person, clock.now())) return refuse('not_permitted')
  const { items, next } = await permits.list({ limit: pageSize, ...defined({ after }) })
  return ok({ items: await withSetbacks(items, clock.now(), { requests, policy }), ...defined({ next }) })
}

/** The permits whose halts are one read: each has six targets, and a read has at most a hundred rows. */
const atOnce = 15

/** Adds to live permits the setbacks and halts that ended them, and ends them at a change of their agent. */
export async function withSetbacks(
  permits: readonly StandingPermit[],
  now: NumericDate,
  {
    requests,
    policy: { bundle },
  }: { requests: Pick<RequestReader, 'recall' | 'dependencies'>; policy: Pick<Policy, 'bundle'> },
): Promise<readonly ShownPermit[]> {
  const halts = await haltsOf(
    permits.filter((permit) => isOpen(permit, now)),
    requests,
  )
  return Promise.all(
    permits.map(async (given) => {
      const changed = isFromBefore(bundle, given.agent, given.at) ? changedAt(bundle, given.agent) : undefined
      const permit = { ...given, until: Math.min(given.until, changed ?? given.until) }
      if (!isOpen(permit, now)) return permit
      const halted = haltOfPermit(permit, halts)
      if (halted) return { ...permit, halted }
      if (!permit.shape) return permit
      const last = readSetback(await requests.recall(setbackKey(permit.agent, permit.action)))
      return endsPermit(last, permit.shape.after) ? { ...permit, ended: last } : permit
    }),
  )
}

const isOpen = (permit: StandingPermit, now: NumericDate): boolean => isLive(permit, now) && drawsLeft(permit) > 0

async function haltsOf(
  permits: readonly StandingPermit[],
  requests: Pick<RequestReader, 'dependencies'>,
): Promise<readonly Halt[]> {
  const found: Halt[] = []
  for (let from = 0; from < permits.length; from += atOnce) {
    const targets = permits.slice(from, from + atOnce).flatMap(targetsOfPermit)
    const each = new Map(targets.map((target) => [haltKey(target), target]))
    found.push(...(await requests.dependencies([], [...each.values()])).halts)
  }
  return found
}

/** `used_up` and `ended` keep drawn requests live; the others end them too. */
export function statusOfPermit(
  permit: ShownPermit,
  now: NumericDate,
): 'live' | 'used_up' | 'expired' | 'revoked' | 'ended' {
  if (permit.revoked) return 'revoked'
  if (!isLive(permit, now)) return 'expired'
  if (drawsLeft(permit) < 1) return 'used_up'
  return permit.ended || permit.halted ? 'ended' : 'live'
}

/** The permits, and whether a person may revoke each: as its giver, or by policy. */
export async function revocable<P extends StandingPermit>(
  person: PersonId,
  permits: readonly P[],
  { requests, policy, clock }: AskingPorts,
): Promise<readonly { permit: P; mayRevoke: boolean }[]> {
  const approvals = await requests.loadMany(permits.map(({ from }) => from))
  return permits.map((permit) => {
    const from = approvals.find(({ state }) => state.ask.id === permit.from)
    const of = from ? { state: from.state } : {}
    return {
      permit,
      mayRevoke: permit.by === person || askAboutPerson(policy, 'revoke', person, clock.now(), of).permit,
    }
  })
}

/** The asks of the last 30 days that a shape would have covered, newest first. */
export type Coverage = {
  since: NumericDate
  /** The asks of the agent for the action. */
  asked: number
  covered: readonly ApprovalRequest[]
  /** The number of covered asks with the key of the approved request: a permit covers only that key. */
  sameKey: number
  /** False if some asks were not read. */
  isAll: boolean
}

const looksBack = 30 * 86_400
const readAtOnce = 100
const mostRead = 500

/** Finds the asks that a permit on a request would have covered. Without a shape: the same ask again. */
export async function foreseePermit(
  { request, person, shape }: { request: RequestId; person: PersonId; shape?: JsonObject | undefined },
  ports: AskingPorts,
): Promise<Result<Coverage, 'not_permitted' | 'unknown_request' | 'invalid_shape'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const stored = await ports.requests.load(request)
  if (!stored) return refuse('unknown_request')
  const { ask, tier } = stored.state
  const entry = ports.policy.bundle.actions[ask.action]
  const shaped = !shape
    ? ok(shapeOf(ask.arguments))
    : entry
      ? readShape(entry, shape, ask.arguments)
      : refuse('invalid_shape')
  if (!shaped.ok) return shaped
  const now = ports.clock.now()
  const since = now - looksBack
  const { asked, isAll } = await ports.requests.askedLately(ask.agent.id, since, mostRead)
  const alike = asked.filter(({ action }) => action === ask.action).map(({ id }) => id)
  const read = await Promise.all(
    Array.from({ length: Math.ceil(alike.length / readAtOnce) }, (_, at) =>
      ports.requests.loadMany(alike.slice(at * readAtOnce, (at + 1) * readAtOnce)),
    ),
  )
  const found = read
    .flat()
    .map(({ state }) => asOf(state, now))
    .toSorted((one, other) => other.submittedAt - one.submittedAt)
  const covered = found.filter(
    (state) =>
      (['owner', 'environment', 'classification', 'purpose'] as const).every((name) => state.ask[name] === ask[name]) &&
      state.ask.resource.type === ask.resource.type &&
      state.tier === tier &&
      isSameTool(state.ask.mcp, ask.mcp) &&
      fits(shaped.value, state.ask.arguments),
  )
  const key = keyOf(stored.state)
  const sameKey = covered.filter((state) => key !== undefined && keyOf(state) === key).length
  return ok({ since, asked: found.length, covered, sameKey, isAll })
}
