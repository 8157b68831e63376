import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { event } from '../event.ts'
import type { Answer } from '../policy/question.ts'
import { askerActor } from '../record/commands.ts'
import { actionsOf, rulesOf } from '../record/origin.ts'
import { keptSteps } from '../record/plan-step.ts'
import { type ApprovalRequest, approvalsOf, peopleBehind } from '../record/request.ts'
import { AgentId, defined, HaltId, idOfDigest, isAgent, NumericDate, PersonId, TransmitterId } from '../values.ts'

/** The target of a halt. A halt of an `environment` is a freeze, which break-glass passes. */
export const HaltTarget = z.union([
  z.strictObject({ kind: z.literal('agent'), value: AgentId }),
  z.strictObject({ kind: z.literal('owner'), value: PersonId }),
  z.strictObject({ kind: z.literal('person'), value: PersonId }),
  z.strictObject({ kind: z.literal('role'), value: z.string().min(1).max(2048) }),
  z.strictObject({ kind: z.literal('environment'), value: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal('action'), value: z.string().min(1).max(128) }),
  z.strictObject({ kind: z.literal('all'), value: z.literal('all') }),
])
export type HaltTarget = z.infer<typeof HaltTarget>

export const Declarer = z.union([PersonId, TransmitterId])
export type Declarer = z.infer<typeof Declarer>
export const isTransmitter = (by: Declarer): by is TransmitterId => by.startsWith('transmitter:')
/** The declarer in words for people. */
export const declarerName = (by: Declarer, nameOf: (person: PersonId) => string): string =>
  isTransmitter(by) ? `the ${by.replace(':', ' ')}` : nameOf(by)

/** A halt ends when a person lifts it, or at `until`. Lifting revives nothing. */
export const Halt = z.strictObject({
  id: HaltId,
  target: HaltTarget,
  reason: z.string(),
  by: Declarer,
  at: NumericDate,
  until: NumericDate.optional(),
  lifted: z.strictObject({ by: PersonId, at: NumericDate }).optional(),
})
export type Halt = z.infer<typeof Halt>

export const isHaltInForce = ({ lifted, until }: Halt, now: NumericDate): boolean =>
  lifted === undefined && (until === undefined || now < until)

/** The id of a halt from a person's `Idempotency-Key`, so that a repeated call finds the same halt. */
export const idOfKey = (person: PersonId, key: string): HaltId =>
  HaltId.parse(idOfDigest('hlt', digestOf('hotwork.halt.v1', [person, key])))

/** Whether a new halt repeats one in force. Reasons are not compared, since the record has only a commitment. */
export const isRepeated = (before: Halt, { target, until }: NewHalt, now: NumericDate): boolean =>
  haltKey(before.target) === haltKey(target) && before.until === until && isHaltInForce(before, now)

export const haltKey = ({ kind, value }: HaltTarget): string => `HALT#${kind}#${value}`

/** Every target whose halt would stop a request. Steps of an approved plan are stopped as requests of their own. */
export function targetsOf(state: ApprovalRequest, role: string | undefined): readonly HaltTarget[] {
  const { ask } = state
  const asker = askerActor(ask)
  const steps = state.status === 'pending' ? keptSteps(state) : []
  return [
    { kind: 'all', value: 'all' },
    ...steps.flatMap(({ agent, owner, action, environment }): HaltTarget[] => [
      { kind: 'agent', value: agent },
      { kind: 'owner', value: owner },
      { kind: 'action', value: action },
      { kind: 'environment', value: environment },
    ]),
    ...[ask.agent.id, ...ask.chain.map(({ id }) => id)]
      .filter(isAgent)
      .map((value) => ({ kind: 'agent', value }) as const),
    ...(asker.type === 'person' ? [{ kind: 'person', value: asker.id } as const] : []),
    ...[ask.owner, ...ask.chain.map(({ owner }) => owner)].map((value) => ({ kind: 'owner', value }) as const),
    ...approvalsOf(state)
      .flatMap(peopleBehind)
      .map((value) => ({ kind: 'person', value }) as const),
    ...(role === undefined ? [] : [{ kind: 'role', value: role } as const]),
    ...actionsOf(ask).map((value) => ({ kind: 'action', value }) as const),
    ...(rulesOf(ask).asks === 'act' ? [{ kind: 'environment', value: ask.environment } as const] : []),
  ]
}

/** The time of an act, and the halts that were lifted before it in the same second. */
export type Act = { at: NumericDate; afterHalts?: readonly HaltId[] | undefined }

/** Whether a halt stops an act. Times are whole seconds; within one second the order recorded by the act decides. */
function stops({ id, lifted, until }: Halt, { at, afterHalts = [] }: Act): boolean {
  if (lifted) return at <= lifted.at && !afterHalts.includes(id)
  return until === undefined || at < until
}

/** Whether a halt of a person ended an act of theirs. An act during the halt ends with it. */
export const isCutOff = (at: NumericDate, halts: readonly Halt[], now: NumericDate): boolean =>
  halts.some((halt) => (isHaltInForce(halt, now) ? at <= halt.at : stops(halt, { at })))

/** The halts lifted before this act in the same second, which the act records. */
export const liftedBefore = (halts: readonly Halt[], now: NumericDate): { afterHalts?: HaltId[] } => {
  const afterHalts = halts.filter(({ lifted }) => lifted !== undefined && lifted.at >= now).map(({ id }) => id)
  return afterHalts.length === 0 ? {} : { afterHalts }
}

type Permitted = { agent: AgentId; owner: PersonId; by: PersonId; action: string; environment: string; at: NumericDate }

/** Every target whose halt would stop the draws of a standing permit. */
export const targetsOfPermit = ({ agent, owner, by, action, environment }: Permitted): readonly HaltTarget[] => [
  { kind: 'all', value: 'all' },
  { kind: 'agent', value: agent },
  { kind: 'owner', value: owner },
  { kind: 'person', value: by },
  { kind: 'action', value: action },
  { kind: 'environment', value: environment },
]

/** The halt that stops further draws of a permit: each draw is as old as the permit, so a lifted halt counts too. */
export function haltOfPermit(permit: Permitted, halts: readonly Halt[]): Halt | undefined {
  const own = new Set(targetsOfPermit(permit).map(haltKey))
  return halts.find((halt) => own.has(haltKey(halt.target)) && stops(halt, { at: permit.at }))
}

/** The halt that ends a request. A halt of a person ends their openings and requests; their decisions stop counting. */
export function haltOf(state: ApprovalRequest, halts: readonly Halt[], role?: string): Halt | undefined {
  const own = new Set(targetsOf(state, role).map(haltKey))
  const asker = askerActor(state.ask).id
  return halts.find(
    ({ target, ...halt }) =>
      own.has(haltKey(target)) &&
      (target.kind !== 'person' || target.value === asker) &&
      stops({ target, ...halt }, { at: state.submittedAt, afterHalts: state.ask.afterHalts }),
  )
}

/** The halt that voids a person's act: one now, or an earlier one. */
const silencing = (person: PersonId, halts: readonly Halt[], when: Act | { now: NumericDate }): Halt | undefined =>
  halts.find(
    (halt) =>
      halt.target.kind === 'person' &&
      halt.target.value === person &&
      ('now' in when ? isHaltInForce(halt, when.now) : stops(halt, when)),
  )

export const isSilenced = (person: PersonId, halts: readonly Halt[], when: Act | { now: NumericDate }): boolean =>
  silencing(person, halts, when) !== undefined

/** The halt of a person whose approval a request needs. */
export function silencerOf(state: ApprovalRequest, halts: readonly Halt[]): Halt | undefined {
  for (const { person, for: absent, ...act } of approvalsOf(state)) {
    const halt = silencing(person, halts, act) ?? (absent && silencing(absent, halts, act))
    if (halt) return halt
  }
  return undefined
}

export const HaltEvent = z.discriminatedUnion('type', [
  event('Halted', { target: HaltTarget, reason: z.string(), until: NumericDate.optional() }),
  event('Lifted', {}),
])
export type HaltEvent = z.infer<typeof HaltEvent>

/**
 * The most halts in force of one target. Those with an end are counted apart, so that they cannot crowd out lasting
 * ones.
 */
const mostInForce = 20

export type HaltRefusal = 'not_permitted' | 'policy_error' | 'too_many_halts' | 'self_lift' | 'already_lifted'

export type NewHalt = { target: HaltTarget; reason: string; until?: NumericDate | undefined }

export type HaltActor = {
  person: PersonId
  answer: Answer
  /** True if the person is halted: then they may not lift their own halt. */
  silenced: boolean
  bundle: string
}

export function halt(
  halts: readonly Halt[],
  { target, reason, until, ...who }: HaltActor & NewHalt,
  at: NumericDate,
): HaltEvent | HaltRefusal {
  const no = refusalOf(who)
  if (no) return no
  const alike = halts.filter((each) => isHaltInForce(each, at) && (each.until === undefined) === (until === undefined))
  if (alike.length >= mostInForce) return 'too_many_halts'
  return { ...commonOf(who, at), type: 'Halted', target, reason, ...defined({ until }) }
}

/**
 * Declares a halt by a transmitter, of a target that the deployment permits it. Policy is not asked, and a person lifts
 * the halt.
 */
export const haltBySignal = (
  { target, reason }: NewHalt,
  { transmitter, bundle }: { transmitter: TransmitterId; bundle: string },
  at: NumericDate,
): HaltEvent => ({
  ...{ at, actor: { type: 'transmitter', id: transmitter }, policies: [], bundle },
  type: 'Halted',
  target,
  reason,
})

/**
 * The halt in force of a target by this declarer. A transmitter has at most one, so that it cannot crowd out others.
 */
export const haltInForceBy = (halts: readonly Halt[], by: Declarer, now: NumericDate): Halt | undefined =>
  halts.find((each) => each.by === by && isHaltInForce(each, now))

/**
 * Lifts a halt; its declarer may not. The time of a lift is at least that of earlier lifts on the target, even if a
 * clock is slow, so that it stops all that they stop.
 */
export function lift(halt: Halt, halts: readonly Halt[], who: HaltActor, at: NumericDate): HaltEvent | HaltRefusal {
  const no = refusalOf(who)
  if (no) return no
  if (halt.by === who.person) return 'self_lift'
  if (!isHaltInForce(halt, at)) return 'already_lifted'
  const before = halts.map(({ lifted }) => lifted?.at ?? 0)
  return { ...commonOf(who, Math.max(at, halt.at, ...before)), type: 'Lifted' }
}

const refusalOf = ({ answer, silenced }: HaltActor): HaltRefusal | undefined => {
  if (answer.error) return 'policy_error'
  return answer.permit && !silenced ? undefined : 'not_permitted'
}

const commonOf = ({ person, answer, bundle }: HaltActor, at: NumericDate) => ({
  at,
  actor: { type: 'person' as const, id: person },
  policies: [...answer.policies],
  bundle,
})

/** @throws TypeError if the events are not a halt's own: a tampered ledger */
export function evolveHalt(id: HaltId, halt: Halt | undefined, { type, actor, at, ...facts }: HaltEvent): Halt {
  const declares = actor.type === 'person' || actor.type === 'transmitter'
  if (type === 'Halted' && !halt && declares && 'target' in facts)
    return { id, target: facts.target, reason: facts.reason, by: actor.id, at, ...defined({ until: facts.until }) }
  if (type === 'Lifted' && halt && !halt.lifted && actor.type === 'person')
    return { ...halt, lifted: { by: actor.id, at } }
  throw new TypeError(`\`${type}\` does not follow in \`${id}\``)
}

/** The halts of a target after a change of one. Keeps only the last ended halt, which covers earlier ones. */
export function withHalt(halts: readonly Halt[], changed: Halt, now: NumericDate): readonly Halt[] {
  const all = [...halts.filter(({ id }) => id !== changed.id), changed]
  const last = all.findLast(({ lifted }) => lifted !== undefined)
  const over = all.filter(({ lifted, until }) => lifted === undefined && until !== undefined && until <= now)
  const lastOver = over.reduce<Halt | undefined>(
    (one, other) => ((other.until ?? 0) > (one?.until ?? 0) ? other : one),
    undefined,
  )
  return all.filter((each) => isHaltInForce(each, now) || each === last || each === lastOver)
}
