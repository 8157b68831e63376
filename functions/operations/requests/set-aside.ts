// Rules: test/operations/cards/overview.test.ts
import * as z from 'zod'
import { mayRead } from '../../domain/deciding/questions.ts'
import { zoneOf } from '../../domain/policy/calendar.ts'
import { type ApprovalRequest, openStage } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type Aside, type AsideChoice, asideNow, asideUntil } from '../../domain/requests/set-aside.ts'
import { defined, NumericDate, ok, type PersonId, type RequestId, type Result, refuse } from '../../domain/values.ts'
import { StoreUnavailable } from '../faults.ts'
import type { AskingPorts, RequestReader, RequestWriter } from '../record/ports.ts'

const Kept = z.record(z.string(), z.object({ until: NumericDate, round: z.number().int() }))
/** The most choices of one person: one item has them all. */
const most = 200
const attempts = 5

type Ports = AskingPorts & { requests: Pick<RequestWriter, 'putOnce'> }
type Refused = 'not_permitted' | 'unknown_request' | 'already_settled' | 'due_soon'

/**
 * Hides a request from one person's waiting list, until a time or until it changes. It makes no entry, and affects only
 * this person.
 *
 * @param choice `back`: shows it again
 */
export async function setAside(
  { id, person, choice }: { id: RequestId; person: PersonId; choice: AsideChoice | 'back' },
  ports: Ports,
): Promise<Result<true, Refused>> {
  const now = ports.clock.now()
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const stored = await ports.requests.load(id)
  if (!stored) return refuse('unknown_request')
  const state = asOf(stored.state, now)
  if (state.status !== 'pending') return refuse('already_settled')
  const deadline = openStage(state)?.deadline ?? state.decideBy
  const until = choice === 'back' ? now : asideUntil(choice, deadline, now, zoneOf(ports.policy.bundle.calendar))
  if (until === undefined) return refuse('due_soon')
  await keep(person, now, { [id]: { until, round: state.round } }, ports)
  return ok(true)
}

/** Waiting requests, split into those that the person has set aside and the others. */
export async function splitAside<S extends ApprovalRequest>(
  person: PersonId,
  waiting: readonly S[],
  { requests, clock }: { requests: Pick<RequestReader, 'recall'>; clock: AskingPorts['clock'] },
): Promise<{ waiting: readonly S[]; aside: readonly { state: S; until: NumericDate }[] }> {
  const own = asideIn(await requests.recall(keyOf(person)))
  const now = clock.now()
  const split = waiting.map((state) => ({ state, until: asideNow(state, own, now) }))
  return {
    waiting: split.filter(({ until }) => until === undefined).map(({ state }) => state),
    aside: split.flatMap(({ state, until }) => (until === undefined ? [] : [{ state, until }])),
  }
}

const keyOf = (person: PersonId) => `ASIDE#${person}`
const asideIn = (value: string | undefined): Aside => (value === undefined ? {} : Kept.parse(JSON.parse(value)))

/** Stores the choices. Expired ones are dropped; if there are too many, those that end first. */
async function keep(person: PersonId, now: NumericDate, change: Aside, { requests }: Ports): Promise<void> {
  const key = keyOf(person)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const replaces = await requests.recall(key)
    const all = Object.entries({ ...asideIn(replaces), ...change }).filter(([, { until }]) => until > now)
    const kept = all.toSorted(([, one], [, other]) => other.until - one.until).slice(0, most)
    const expiresAt = Math.max(now, ...kept.map(([, { until }]) => until))
    const value = JSON.stringify(Object.fromEntries(kept))
    if (value === replaces || (await requests.putOnce({ key, value, expiresAt, ...defined({ replaces }) }))) return
  }
  throw new StoreUnavailable('another window kept changing what is set aside')
}
