import fc from 'fast-check'
import type { Command } from '../../functions/domain/record/commands.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import type { ApprovalRequest, Ask } from '../../functions/domain/record/request.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import { defined } from '../../functions/domain/values.ts'
import * as sample from '../support/ask.ts'
import { samplePlan } from '../support/plan.ts'

/** A random life of a request: a tier, then commands at times that mostly go forward. */
export type Walk = { tier: number; ask: Ask; steps: readonly { after: number; command: Command }[] }

/** The states of a walk: one after the submission, and one after each step. */
export type Walked = { states: readonly ApprovalRequest[]; events: readonly Event[] }

const ask = sample.sampleAsk({ uses: 2 })
/** The same as one mediated call. Clicks are on the first ask, so this one is decided only at tier 0. */
const mediated = sample.sampleAsk({ uses: 2, credential: 'mediated' })
/** The same as a call that starts a run. */
const running = sample.sampleAsk({ uses: 2, credential: 'mediated', runsAs: 'arn:aws:iam::000000000000:role/runbooks' })
/** An opening, which needs no approval and is reviewed days later. */
const openedAsk = sample.openingAsk()
/** A plan of three steps, before people are asked. */
const planned = samplePlan()
/** A transfer, which its new owner accepts first. */
const transfer = sample.transferAsk()
const answer = fc.oneof(
  { weight: 30, arbitrary: fc.constant(sample.permit) },
  fc.constant(sample.forbid),
  fc.constant(sample.failed),
)
const name = fc.constantFrom('ana', 'ben', 'cleo', 'sam', 'siri', 'olga', 'dora', 'eve')
/** Mostly the sample's facts, sometimes with one right lost, only one left, or stages that do not exist. */
const facts = fc.oneof(
  { weight: 9, arbitrary: fc.constant(sample.eligible) },
  name.map((lost) => ({ ...sample.eligible, [sample.person(lost)]: [] })),
  name.map((kept) => ({ [sample.person(kept)]: sample.eligible[sample.person(kept)] ?? [] })),
  name.map((odd) => ({ ...sample.eligible, [sample.person(odd)]: ['no-such-stage', '__proto__'] })),
)
/** Mostly no ending. */
const ending = fc.oneof(
  { weight: 30, arbitrary: fc.constant({}) },
  fc.constantFrom({ ending: sample.halted }, { ending: sample.orphaned }),
)
const credential = fc.integer({ min: 1, max: 2 }).map(sample.credentialId)
const claim = fc.constantFrom('access_token' as const, 'aws' as const)
const agent = fc.oneof({ weight: 9, arbitrary: fc.constant(sample.remediator) }, fc.constant(sample.otherAgent))
const outcome = fc.constantFrom('succeeded' as const, 'failed' as const)
const login = fc.constantFrom(
  {},
  { acr: 'strong' },
  { acr: 'strong', at: sample.submittedAt },
  { at: sample.submittedAt + 9_999 },
)

/** Mostly no new reading, or one of the same state. */
const reading = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.constant({ reading: sample.readAgain('a') }) },
  fc.constantFrom(
    { reading: sample.readAgain('b', 2) },
    { reading: sample.readAgain('b', 3) },
    { reading: sample.unread },
  ),
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
    sample.decision(ask, by, verdict, { ...rest, ...ending, ...reading, ...defined({ stage, comment }) }),
  )
/** One of the two uses is left, mostly on the same rung; then there are decisions on the narrower request. */
const fewer = sample.less(ask, { uses: 1 })
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
    read: fc.oneof({ weight: 9, arbitrary: fc.constant(sample.readAgain('a')) }, fc.constant(sample.readAgain('b', 2))),
  })
  .map(({ by, made, ending, read, ...rest }) =>
    sample.decision(ask, by, 'approve', {
      ...rest,
      ...ending,
      reading: read,
      narrowed: made
        ? sample.narrowing(ask, { uses: 1 }, made.tier, { eligible: made.eligible })
        : { ok: false, code: 'not_narrower' },
    }),
  )
const decidedThen = fc
  .record({ by: name, verdict: fc.constantFrom('approve' as const, 'deny' as const), answer, login })
  .map(({ by, verdict, ...rest }) => sample.decision(fewer, by, verdict, { ...rest, round: 2 }))
/** Questions and answers share few ids, so that some meet. */
const few = fc.integer({ min: 1, max: 2 })
const askedBack = fc.oneof(
  fc
    .record({ by: name, n: few, eligible: facts, ending })
    .map(({ by, n, eligible, ending }) => sample.question(by, n, { eligible, ...ending })),
  fc.record({ n: few, agent, text: fc.string() }).map(({ n, ...rest }) => sample.answer(n, rest)),
  fc.record({ by: name, to: name, ending }).map(({ by, to, ending }) => sample.colleagueCall(by, to, ending)),
)
/** Mostly with words, which a revision needs. */
const sentBack = fc
  .record({ by: name, toAgent: fc.constantFrom(undefined, 'less', 'less', '\u202e') })
  .map(({ by, toAgent }) => sample.decision(ask, by, 'revise', defined({ toAgent })))
const commented = fc.record({ by: name, words: fc.string() }).map(({ by, words }) => sample.comment(by, words))
const intended = fc
  .record({
    claim,
    credential,
    presented: fc.option(credential, { nil: undefined }),
    jkt: fc.oneof({ weight: 9, arbitrary: fc.constant(sample.agentKey) }, fc.constant(sample.otherKey)),
    session: fc.option(
      fc.record({ role: fc.string(), endsAt: fc.nat({ max: 9_000 }).map((n) => sample.submittedAt + n) }),
      { nil: undefined },
    ),
    answer,
    eligible: facts,
    agent,
    mayRebind: fc.boolean(),
    ending,
    reading,
  })
  .map(({ claim, credential, presented, session, ending, reading, ...rest }) =>
    sample.intent(claim, credential, { ...rest, ...ending, ...reading, ...defined({ presented, session }) }),
  )

const issued = fc
  .record({ claim, credential, agent, use: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }) })
  .map(({ claim, credential, agent, use }) =>
    sample.issuance(claim, credential, { agent, ...(use === undefined ? {} : { use: sample.useId(use) }) }),
  )
const use = fc.integer({ min: 1, max: 4 })
const begun = fc
  .record({ credential, n: use, answer, eligible: facts, ending })
  .map(({ credential, n, ending, ...rest }) => sample.useBegin(credential, n, { ...rest, ...ending }))
const ended = fc
  .record({ n: use, outcome })
  .map(({ n, outcome }) => sample.useEnd(n, { outcome, tool: sample.flagService }))
const returned = fc
  .record({ credential, agent })
  .map(({ credential, agent }) => sample.credentialRevocation(credential, { agent }))
const given = fc
  .record({
    n: fc.integer({ min: 51, max: 53 }),
    to: fc.constantFrom(sample.builder, sample.otherAgent, sample.remediator),
    uses: fc.integer({ min: 1, max: 3 }),
    notAfter: fc.integer({ min: 0, max: 9_000 }).map((n) => sample.submittedAt + n),
    within: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    answer,
    eligible: facts,
    agent,
    ending,
  })
  .map(({ n, ending, ...rest }) => sample.delegation(n, { ...rest, ...ending }))
const attempt = fc.integer({ min: 71, max: 72 })
const called = fc
  .record({ credential, n: attempt, answer, eligible: facts, agent, ending })
  .map(({ credential, n, ending, ...rest }) => sample.callBegin(credential, n, { ...rest, ...ending }))
const calledBack = fc.record({ n: attempt, outcome, agent }).map(({ n, ...rest }) => sample.callEnd(n, rest))
const notSent = fc.record({ n: attempt, agent }).map(({ n, agent }) => sample.callReturn(n, { agent }))
const foundOut = fc
  .record({ n: attempt, outcome: fc.oneof(outcome, fc.constant('unknown' as const)) })
  .map(({ n, outcome }) => sample.callResolution(n, { outcome }))
const runTold = fc.oneof(
  attempt.map((n) => sample.runStart(n)),
  attempt.map((n) => {
    const { agent: _, ...found } = sample.runStart(n)
    return found
  }),
  fc.constantFrom('succeeded' as const, 'failed' as const, 'unknown' as const).map((status) => sample.runEnd(status)),
)
const reviewed = fc
  .record({
    by: fc.constantFrom('gus', 'hana', 'jade', 'kofi'),
    outcome: fc.constantFrom('justified' as const, 'not_justified' as const),
    answer,
  })
  .map(({ by, ...rest }) => sample.reviewing(by, rest))
/** The course of a plan and its steps. */
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
    if (type === 'begin_turn') return { type, bundle: sample.bundle }
    return type === 'open_step' ? { type, step, bundle: sample.bundle } : { type, step, outcome, bundle: sample.bundle }
  })
/** Commands that end a request, and commands that make no sense. */
const odd = fc.oneof(
  fc.record({ outcome, agent }).map(sample.completion),
  fc.record({ agent }).map(sample.withdrawal),
  fc.record({ by: name, answer }).map(({ by, answer }) => sample.revocation(by, { answer })),
  ending.map((found) => ({ ...sample.wake, ...found })),
  fc.constantFrom(sample.comparison(), sample.comparison({ unused: true, extra: [], extraCalls: 0 })),
  fc.constantFrom(0, 1, 2).map((tier) => sample.submit(ask, tier)),
  fc.constant(sample.opening(openedAsk)),
)

/** Any command: sensible ones more often, and none left out. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: decided },
  { weight: 2, arbitrary: narrowed },
  { weight: 2, arbitrary: decidedThen },
  { weight: 2, arbitrary: commented },
  { weight: 4, arbitrary: askedBack },
  { weight: 1, arbitrary: sentBack },
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
  { weight: 2, arbitrary: runTold },
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

/** The steps before a call, which random commands would rarely reach. */
const calling = [
  sample.intent('access_token', sample.credentialId(1)),
  sample.issuance('access_token', sample.credentialId(1)),
  sample.callBegin(sample.credentialId(1), 71, { reading: sample.readAgain('a') }),
].map((command) => ({ after: 0, command }))

/**
 * The last stage at the moment when an approver of the first has lost the right, which random commands would rarely
 * reach.
 */
const dropping = [
  sample.decision(ask, 'ben', 'approve'),
  sample.decision(ask, 'cleo', 'approve', { eligible: { ...sample.eligible, [sample.person('ben')]: [] } }),
].map((command) => ({ after: 0, command }))

export const anyWalk: fc.Arbitrary<Walk> = fc
  .record({
    tier: fc.constantFrom(0, 1, 2, 3),
    ask: fc.oneof(
      { weight: 8, arbitrary: fc.constant(ask) },
      { weight: 2, arbitrary: fc.constant(mediated) },
      { weight: 2, arbitrary: fc.constant(running) },
      { weight: 1, arbitrary: fc.constant(openedAsk) },
      { weight: 1, arbitrary: fc.constant(planned) },
      { weight: 1, arbitrary: fc.constant(transfer) },
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
    if (ask === transfer) return { tier, ask, steps: [{ after: 0, command: sample.acceptance() }, ...then] }
    if (ask === mediated || ask === running) return { tier, ask, steps: tier === 0 ? [...calling, ...then] : then }
    return { tier, ask, steps: tier === 2 && drops ? [...dropping, ...then] : then }
  })

/** The same command by the person who used break-glass, or the agent that asked for a plan. */
const byAsker = ({ agent }: Ask, command: Command): Command =>
  'agent' in command && command.agent === sample.remediator ? { ...command, agent: agent.id } : command

export function walk({ tier, ask, steps }: Walk): Walked {
  const asked = ask.breakGlass ? sample.opening(ask) : { ...sample.submit(ask, tier), preview: sample.preview() }
  const events = [...decide(undefined, asked, sample.submittedAt).events]
  let state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
  const states = [state]
  for (const { after, command } of steps) {
    const decided = decide(state, command, sample.submittedAt + after)
    state = decided.events.reduce<ApprovalRequest>(evolve, state)
    events.push(...decided.events)
    states.push(state)
  }
  return { states, events }
}
