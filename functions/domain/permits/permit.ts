import * as z from 'zod'
import { argumentsWithin } from '../delegation/attenuation.ts'
import { event } from '../event.ts'
import { type Login, type LoginWanted, lackOf } from '../people/login-strength.ts'
import { seatsIn } from '../policy/filling.ts'
import { type Ladder, tierOf } from '../policy/ladder.ts'
import { isSameTool, McpTool } from '../policy/mcp-tool.ts'
import type { Answer } from '../policy/question.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, approvalsOf, Decision, keyOf, ownersOf, StageState } from '../record/request.ts'
import { typeThisOf } from '../record/typed-name.ts'
import {
  AgentId,
  defined,
  JsonObject,
  NumericDate,
  PersonId,
  RequestId,
  Resource,
  Seconds,
  StandingPermitId,
  Thumbprint,
} from '../values.ts'
import { Setback } from './setback.ts'
import { fits, Shape } from './shape.ts'

/**
 * An approver's permission for one agent to do the same a few more times. It is a budget that requests spend, not a
 * credential.
 */
export const StandingPermit = z.strictObject({
  id: StandingPermitId,
  from: RequestId,
  agent: AgentId,
  /** The key of the approved request, so that a stolen workload token cannot draw. */
  jkt: Thumbprint.optional(),
  owner: PersonId,
  action: z.string(),
  arguments: JsonObject,
  resource: Resource,
  environment: z.string(),
  mcp: McpTool.optional(),
  purpose: z.string(),
  tier: z.int().nonnegative(),
  /** The decisions on which drawn requests rest. */
  stages: z.array(StageState),
  lifetime: Seconds,
  by: PersonId,
  at: NumericDate,
  login: Decision.shape.login,
  uses: z.int().positive(),
  until: NumericDate,
  /** The requests that drew from it, as a set: a repeat counts once. */
  drawn: z.array(RequestId),
  revoked: z.strictObject({ by: PersonId, at: NumericDate, reason: z.string() }).optional(),
  /** The asks that it covers, if more than the approved one. */
  shape: z
    .strictObject({
      arguments: Shape,
      classification: z.string(),
      /** The last setback before it was given. A later one ends it. */
      after: Setback.optional(),
    })
    .optional(),
})
export type StandingPermit = z.infer<typeof StandingPermit>

export const isLive = ({ until, revoked }: StandingPermit, now: NumericDate): boolean =>
  revoked === undefined && now < until

export const drawsLeft = ({ uses, drawn }: StandingPermit): number => uses - drawn.length

/** The longest life, under any policy. Seconds. */
const longestPermit = 86_400
export const mostUses = 50
export const mostUsesByShape = 20
/** The time after an approval in which a permit can be given. Seconds. */
const allowsFor = 86_400

export const PermitEvent = z.discriminatedUnion('type', [
  event('PermitGiven', StandingPermit.omit({ id: true, by: true, at: true, drawn: true, revoked: true }).shape),
  /** Committed in the drawn request's transaction. */
  event('PermitDrawn', { request: RequestId }),
  event('PermitRevoked', { reason: z.string() }),
])
export type PermitEvent = z.infer<typeof PermitEvent>

export type PermitRefusal = 'permit_refused' | 'invalid_shape' | 'not_permitted' | 'policy_error' | 'insufficient_login'
type Refused = { code: PermitRefusal; detail?: string }

type Permitting = {
  person: PersonId
  /** Policy's answer to `allowStanding` or `revoke`. */
  answer: Answer
  silenced: boolean
  bundle: string
}

export type Giving = Permitting & {
  group: string
  ladder: Ladder
  login: Login
  uses: number
  until: NumericDate
  /** As read from the approved request's arguments. */
  shape?: StandingPermit['shape']
}

/**
 * Gives a permit on an approval. Under any policy it is refused for destructive actions, for an approval by two or more
 * people, and for a derived approval. One approval becomes many, so the giver needs the login that their stage requires
 * today.
 */
export function givePermit(state: ApprovalRequest, giving: Giving, at: NumericDate): PermitEvent | Refused {
  const { person, answer, silenced, group, uses: times, until: end } = giving
  if (answer.error) return { code: 'policy_error' }
  const no = (detail: string): Refused => ({ code: 'permit_refused', detail })
  if (state.status !== 'approved' && state.status !== 'completed') return no(`the request is ${state.status}`)
  if (ownersOf(state).includes(person)) return no('you own the agent that asks')
  const own = approvalsOf(state).find((each) => each.person === person)
  if (!own) return no('only who approved the request may allow more of it')
  if (own.for !== undefined) return no('you approved for another person, who may do it')
  if (group === 'destructive') return no('a destructive action is approved one by one')
  if (state.ask.runsAs !== undefined) return no('a run is approved one by one')
  if (seatsIn(state.stages.map(({ terms }) => terms)) !== 1) return no('more than one person must agree to each')
  if (typeThisOf(state) !== undefined) return no('each approval has the name of its resource typed')
  const agentId = AgentId.safeParse(state.ask.agent.id)
  if (!rulesOf(state.ask).isDecided || !agentId.success) return no('the request was not approved by itself')
  if (times < 1 || times > mostUses) return no(`\`uses\` should be from 1 to ${mostUses}`)
  if (giving.shape && times > mostUsesByShape)
    return no(`\`uses\` should be from 1 to ${mostUsesByShape} with a \`shape\``)
  if (giving.shape && keyOf(state) === undefined) return no('no key is bound to the request yet, which a shape needs')
  if (end <= at) return no('`until` should be ahead')
  if (end > at + longestPermit) return no('`until` should be at most 24 hours ahead')
  if (at > own.at + allowsFor) return no('you approved it more than a day ago')
  if (!answer.permit || silenced) return { code: 'not_permitted' }
  const lacks = lackOf(giving.login, loginToAllow(state, person, giving.ladder), at)
  if (lacks !== undefined) return { code: 'insufficient_login', detail: lacks }
  const { id: from, owner, action, arguments: args, resource, environment, mcp, purpose, lifetime } = state.ask
  return {
    ...commonOf(giving, at),
    type: 'PermitGiven',
    ...{ from, agent: agentId.data, owner, action, arguments: args, resource, environment, purpose, lifetime },
    ...defined({ jkt: keyOf(state), mcp, shape: giving.shape }),
    ...{ tier: state.tier, stages: state.stages },
    uses: times,
    until: end,
    ...(Object.keys(giving.login).length === 0 ? {} : { login: giving.login }),
  }
}

/** The login that a person's stage needs, on today's terms. */
export function loginToAllow({ tier, stages }: ApprovalRequest, person: PersonId, ladder: Ladder): LoginWanted {
  const own = stages.find(({ decisions }) => decisions.some((each) => each.person === person))?.terms
  const { acr, maxAge } = tierOf(ladder, tier)?.stages.find(({ name }) => name === own?.name) ?? own ?? {}
  return { acr, maxAge }
}

type Drawing = Pick<
  StandingPermit,
  'agent' | 'jkt' | 'owner' | 'action' | 'arguments' | 'resource' | 'environment' | 'mcp' | 'purpose'
> & { classification: string }

/**
 * Whether a permit covers an ask. A shape never covers a different key, tier or classification, under any registration.
 * @param narrowable the arguments that the catalogue lets be narrowed
 * @param mayRebind whether the agent's registration lets its key be replaced
 * @param tier today's tier of the ask
 */
export const covers = (
  permit: StandingPermit,
  drawing: Drawing,
  { narrowable, mayRebind, tier }: { narrowable: readonly string[]; mayRebind: boolean; tier?: number },
  now: NumericDate,
): boolean =>
  isLive(permit, now) &&
  drawsLeft(permit) > 0 &&
  ((mayRebind && !permit.shape) || (permit.jkt !== undefined && permit.jkt === drawing.jkt)) &&
  (['agent', 'owner', 'action', 'environment', 'purpose'] as const).every((name) => permit[name] === drawing[name]) &&
  permit.resource.type === drawing.resource.type &&
  isSameTool(permit.mcp, drawing.mcp) &&
  (permit.shape
    ? permit.tier === tier &&
      permit.shape.classification === drawing.classification &&
      fits(permit.shape.arguments, drawing.arguments)
    : permit.resource.id === drawing.resource.id && argumentsWithin(drawing.arguments, permit.arguments, narrowable))

/** Draws from a permit. A request draws at most once. */
export function drawPermit(
  permit: StandingPermit,
  {
    request,
    agent: asker,
    policies,
    bundle,
  }: { request: RequestId; agent: AgentId; policies: readonly string[]; bundle: string },
  now: NumericDate,
): PermitEvent | undefined {
  if (!isLive(permit, now) || drawsLeft(permit) < 1 || permit.drawn.includes(request)) return undefined
  const actor = { type: 'agent', id: asker } as const
  return { type: 'PermitDrawn', at: Math.max(now, permit.at), actor, policies: [...policies], bundle, request }
}

/**
 * Revokes a permit: by its giver, or by a person that policy lets revoke. All requests that drew from it end with it.
 */
export function revokePermit(
  permit: StandingPermit,
  revoking: Permitting & { reason: string },
  now: NumericDate,
): PermitEvent | Refused | undefined {
  const { person, answer, silenced, reason } = revoking
  const isGiver = person === permit.by
  if (!isGiver && answer.error) return { code: 'policy_error' }
  if (!isGiver && (!answer.permit || silenced)) return { code: 'not_permitted' }
  if (permit.revoked) return undefined
  return { ...commonOf(revoking, Math.max(now, permit.at)), type: 'PermitRevoked', reason }
}

const commonOf = ({ person, answer, bundle }: Permitting, at: NumericDate) => ({
  at,
  actor: { type: 'person' as const, id: person },
  policies: [...answer.policies],
  bundle,
})

/** @throws TypeError if the events are not a permit's own: a tampered ledger */
export function evolvePermit(
  id: StandingPermitId,
  permit: StandingPermit | undefined,
  happened: PermitEvent,
): StandingPermit {
  const { type, actor, at } = happened
  if (type === 'PermitGiven' && !permit && actor.type === 'person') {
    const { type: _, actor: __, policies: ___, bundle: ____, ...given } = happened
    return { ...given, id, by: actor.id, at, drawn: [] }
  }
  if (type === 'PermitDrawn' && permit && !permit.revoked && drawsLeft(permit) > 0 && at < permit.until)
    return { ...permit, drawn: [...permit.drawn, happened.request] }
  if (type === 'PermitRevoked' && permit && !permit.revoked && actor.type === 'person')
    return { ...permit, revoked: { by: actor.id, at, reason: happened.reason } }
  throw new TypeError(`\`${type}\` does not follow in \`${id}\``)
}
