import fc from 'fast-check'
import type { Command } from '../../functions/domain/record/commands.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import type { ApprovalRequest, Ask } from '../../functions/domain/record/request.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import {
  agentKey,
  builder,
  bundle,
  callBegin,
  callEnd,
  callResolution,
  callReturn,
  comment,
  comparison,
  completion,
  credentialId,
  credentialRevocation,
  decision,
  delegation,
  eligible,
  failed,
  flagService,
  forbid,
  halted,
  intent,
  issuance,
  less,
  narrowing,
  opening,
  openingAsk,
  orphaned,
  otherAgent,
  otherKey,
  permit,
  person,
  preview,
  readAgain,
  remediator,
  reviewing,
  revocation,
  sampleAsk,
  submit,
  submittedAt,
  unread,
  useBegin,
  useEnd,
  useId,
  wake,
  withdrawal,
} from '../support/ask.ts'
import { samplePlan } from '../support/plan.ts'

/** A random life of a request: some tier, then commands at times that mostly, not always, go forward. */
export type Walk = { tier: number; ask: Ask; steps: readonly { after: number; command: Command }[] }

/** The states of a walk: the one after the submission, and one after each step. */
export type Walked = { states: readonly ApprovalRequest[]; events: readonly Event[] }

const ask = sampleAsk({ uses: 2 })
/** The same by one call that Hotwork makes. What is clicked is of the first: of the other nothing is decided but at tier 0. */
const mediated = sampleAsk({ uses: 2, credential: 'mediated' })
/** A person uses break-glass. Nobody is asked before; days later somebody looks at it. */
const openedAsk = openingAsk()
/** A plan of three steps, before people are asked. */
const planned = samplePlan()
const answer = fc.oneof({ weight: 30, arbitrary: fc.constant(permit) }, fc.constant(forbid), fc.constant(failed))
const name = fc.constantFrom('ana', 'ben', 'cleo', 'sam', 'siri', 'olga', 'dora', 'eve')
/** Mostly the sample's facts, sometimes with one right lost or one left, or with stages that there are not. */
const facts = fc.oneof(
  { weight: 9, arbitrary: fc.constant(eligible) },
  name.map((lost) => ({ ...eligible, [person(lost)]: [] })),
  name.map((kept) => ({ [person(kept)]: eligible[person(kept)] ?? [] })),
  name.map((odd) => ({ ...eligible, [person(odd)]: ['no-such-stage', '__proto__'] })),
)
/** Mostly nothing has ended it. */
const ending = fc.oneof(
  { weight: 30, arbitrary: fc.constant({}) },
  fc.constantFrom({ ending: halted }, { ending: orphaned }),
)
const credential = fc.integer({ min: 1, max: 2 }).map(credentialId)
const claim = fc.constantFrom('access_token' as const, 'aws' as const)
const agent = fc.oneof({ weight: 9, arbitrary: fc.constant(remediator) }, fc.constant(otherAgent))
const outcome = fc.constantFrom('succeeded' as const, 'failed' as const)
const login = fc.constantFrom({}, { acr: 'strong' }, { acr: 'strong', at: submittedAt }, { at: submittedAt + 9_999 })

/** Mostly nothing was read again, or it was the state that was asked about. */
const reading = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.constant({ reading: readAgain('a') }) },
  fc.constantFrom({ reading: readAgain('b', 2) }, { reading: readAgain('b', 3) }, { reading: unread }),
)

const decided = fc
  .record({
    by: name,
    verdict: fc.oneof({ weight: 9, arbitrary: fc.constant('approve' as const) }, fc.constant('deny' as const)),
    stage: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      fc.constantFrom('owner', 'sre', 'security', 'on-call', 'nowhere', '__proto__'),
    ),
    digest: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(ask.digest, ask.digest.slice(0, 16)) },
      fc.constantFrom('', 'sha-256:'),
    ),
    round: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer()),
    comment: fc.option(fc.string(), { nil: undefined }),
    eligible: facts,
    answer,
    login,
    ending,
    reading,
  })
  .map(({ by, verdict, stage, comment, ending, reading, ...rest }) =>
    decision(ask, by, verdict, {
      ...rest,
      ...ending,
      ...reading,
      ...(stage === undefined ? {} : { stage }),
      ...(comment === undefined ? {} : { comment }),
    }),
  )
/** One use of the two is left, mostly on the rung that it was on; then there are decisions on what is left. */
const fewer = less(ask, { uses: 1 })
const narrowed = fc
  .record({
    by: name,
    made: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record({
          tier: fc.constantFrom(1, 2, 3),
          eligible: fc.oneof(
            { weight: 9, arbitrary: fc.constant(['owner', 'sre', 'security', 'on-call']) },
            fc.constant([]),
          ),
        }),
      },
      fc.constant(undefined),
    ),
    eligible: facts,
    answer,
    login,
    ending,
    read: fc.oneof({ weight: 9, arbitrary: fc.constant(readAgain('a')) }, fc.constant(readAgain('b', 2))),
  })
  .map(({ by, made, ending, read, ...rest }) =>
    decision(ask, by, 'approve', {
      ...rest,
      ...ending,
      reading: read,
      narrowed: made
        ? narrowing(ask, { uses: 1 }, made.tier, { eligible: made.eligible })
        : { ok: false, code: 'not_narrower' },
    }),
  )
const decidedThen = fc
  .record({ by: name, verdict: fc.constantFrom('approve' as const, 'deny' as const), answer, login })
  .map(({ by, verdict, ...rest }) => decision(fewer, by, verdict, { ...rest, round: 2 }))
const commented = fc.record({ by: name, words: fc.string() }).map(({ by, words }) => comment(by, words))
const intended = fc
  .record({
    claim,
    credential,
    presented: fc.option(credential, { nil: undefined }),
    jkt: fc.oneof({ weight: 9, arbitrary: fc.constant(agentKey) }, fc.constant(otherKey)),
    session: fc.option(fc.record({ role: fc.string(), endsAt: fc.nat({ max: 9_000 }).map((n) => submittedAt + n) }), {
      nil: undefined,
    }),
    answer,
    eligible: facts,
    agent,
    mayRebind: fc.boolean(),
    ending,
    reading,
  })
  .map(({ claim, credential, presented, session, ending, reading, ...rest }) =>
    intent(claim, credential, {
      ...rest,
      ...ending,
      ...reading,
      ...(presented === undefined ? {} : { presented }),
      ...(session === undefined ? {} : { session }),
    }),
  )

const issued = fc
  .record({ claim, credential, agent, use: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }) })
  .map(({ claim, credential, agent, use }) =>
    issuance(claim, credential, { agent, ...(use === undefined ? {} : { use: useId(use) }) }),
  )
const use = fc.integer({ min: 1, max: 4 })
const begun = fc
  .record({ credential, n: use, answer, eligible: facts, ending })
  .map(({ credential, n, ending, ...rest }) => useBegin(credential, n, { ...rest, ...ending }))
const ended = fc.record({ n: use, outcome }).map(({ n, outcome }) => useEnd(n, { outcome, tool: flagService }))
const returned = fc
  .record({ credential, agent })
  .map(({ credential, agent }) => credentialRevocation(credential, { agent }))
const given = fc
  .record({
    n: fc.integer({ min: 51, max: 53 }),
    to: fc.constantFrom(builder, otherAgent, remediator),
    uses: fc.integer({ min: 1, max: 3 }),
    notAfter: fc.integer({ min: 0, max: 9_000 }).map((n) => submittedAt + n),
    within: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    answer,
    eligible: facts,
    agent,
    ending,
  })
  .map(({ n, ending, ...rest }) => delegation(n, { ...rest, ...ending }))
const attempt = fc.integer({ min: 71, max: 72 })
const called = fc
  .record({ credential, n: attempt, answer, eligible: facts, agent, ending })
  .map(({ credential, n, ending, ...rest }) => callBegin(credential, n, { ...rest, ...ending }))
const calledBack = fc.record({ n: attempt, outcome, agent }).map(({ n, ...rest }) => callEnd(n, rest))
const notSent = fc.record({ n: attempt, agent }).map(({ n, agent }) => callReturn(n, { agent }))
const foundOut = fc
  .record({ n: attempt, outcome: fc.oneof(outcome, fc.constant('unknown' as const)) })
  .map(({ n, outcome }) => callResolution(n, { outcome }))
const reviewed = fc
  .record({
    by: fc.constantFrom('gus', 'hana', 'jade', 'kofi'),
    outcome: fc.constantFrom('justified' as const, 'not_justified' as const),
    answer,
  })
  .map(({ by, ...rest }) => reviewing(by, rest))
/** How a plan goes on, and its steps. */
const turned = fc
  .record({
    type: fc.constantFrom('open_step' as const, 'end_step' as const, 'begin_turn' as const),
    step: fc.integer({ min: 1, max: 4 }),
    outcome: fc.oneof(
      { weight: 3, arbitrary: fc.constant('succeeded' as const) },
      fc.constantFrom('failed' as const, 'late' as const, 'revoked' as const),
    ),
  })
  .map(({ type, step, outcome }): Command => {
    if (type === 'begin_turn') return { type, bundle }
    return type === 'open_step' ? { type, step, bundle } : { type, step, outcome, bundle }
  })
/** What ends a request, and what makes no sense. */
const odd = fc.oneof(
  fc.record({ outcome, agent }).map(completion),
  fc.record({ agent }).map(withdrawal),
  fc.record({ by: name, answer }).map(({ by, answer }) => revocation(by, { answer })),
  ending.map((found) => ({ ...wake, ...found })),
  fc.constantFrom(comparison(), comparison({ unused: true, extra: [], extraCalls: 0 })),
  fc.constantFrom(0, 1, 2).map((tier) => submit(ask, tier)),
  fc.constant(opening(openedAsk)),
)

/** Any command: sensible ones more often than others, and none left out. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: decided },
  { weight: 2, arbitrary: narrowed },
  { weight: 2, arbitrary: decidedThen },
  { weight: 2, arbitrary: commented },
  { weight: 9, arbitrary: intended },
  { weight: 9, arbitrary: issued },
  { weight: 9, arbitrary: begun },
  { weight: 6, arbitrary: ended },
  { weight: 3, arbitrary: returned },
  { weight: 2, arbitrary: given },
  { weight: 1, arbitrary: called },
  { weight: 1, arbitrary: calledBack },
  { weight: 1, arbitrary: notSent },
  { weight: 1, arbitrary: foundOut },
  { weight: 2, arbitrary: reviewed },
  { weight: 2, arbitrary: turned },
  { weight: 2, arbitrary: odd },
)

/** Time mostly goes forward, by seconds or by minutes; one clock in ten is behind. */
const passing = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 900 }) },
  fc.integer({ min: -300, max: 0 }),
)

/** So much must go well before a call has begun that no chance would come to it often. */
const calling = [
  intent('access_token', credentialId(1)),
  issuance('access_token', credentialId(1)),
  callBegin(credentialId(1), 71, { reading: readAgain('a') }),
].map((command) => ({ after: 0, command }))

/** Nor would one often come to the last stage just when somebody of the first has lost the right. */
const dropping = [
  decision(ask, 'ben', 'approve'),
  decision(ask, 'cleo', 'approve', { eligible: { ...eligible, [person('ben')]: [] } }),
].map((command) => ({ after: 0, command }))

export const anyWalk: fc.Arbitrary<Walk> = fc
  .record({
    tier: fc.constantFrom(0, 1, 2, 3),
    ask: fc.oneof(
      { weight: 8, arbitrary: fc.constant(ask) },
      { weight: 2, arbitrary: fc.constant(mediated) },
      { weight: 1, arbitrary: fc.constant(openedAsk) },
      { weight: 1, arbitrary: fc.constant(planned) },
    ),
    pace: fc.constantFrom(1, 60),
    drops: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, fc.constant(true)),
    steps: fc.array(fc.tuple(passing, anyCommand), { maxLength: 40, size: 'max' }),
  })
  .map(({ tier, ask, pace, drops, steps }) => {
    const times = steps.map((_, index) => steps.slice(0, index + 1).reduce((sum, [passed]) => sum + passed, 0))
    const then = steps.map(([, command], index) => ({ after: times[index] ?? 0, command }))
    if (ask === openedAsk || ask === planned)
      return {
        tier: 0,
        ask,
        steps: then.map(({ after, command }) => ({ after: after * pace, command: byAsker(ask, command) })),
      }
    if (ask === mediated) return { tier, ask, steps: tier === 0 ? [...calling, ...then] : then }
    return { tier, ask, steps: tier === 2 && drops ? [...dropping, ...then] : then }
  })

/** The same by the person who used break-glass, or the agent that asked for a plan. */
const byAsker = ({ agent }: Ask, command: Command): Command =>
  'agent' in command && command.agent === remediator ? { ...command, agent: agent.id } : command

export function walk({ tier, ask, steps }: Walk): Walked {
  const asked = ask.breakGlass ? opening(ask) : { ...submit(ask, tier), preview: preview() }
  const events = [...decide(undefined, asked, submittedAt).events]
  let state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
  const states = [state]
  for (const { after, command } of steps) {
    const decided = decide(state, command, submittedAt + after)
    state = decided.events.reduce<ApprovalRequest>(evolve, state)
    events.push(...decided.events)
    states.push(state)
  }
  return { states, events }
}
