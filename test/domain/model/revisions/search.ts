import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { person } from '../../../support/ask.ts'
import { type Act, begun, type Done, type Parts, standsFor, take, type World, week } from './world.ts'

/** A rule about one act. The search keeps the words itself, so that no rule trusts the row. */
export type Rule = {
  id: string
  rule: string
  broken: (before: World, act: Act, done: Done) => string | false | undefined
}

const behindOf = ({ by }: Extract<Act, { type: 'click' }>) => [person(by), ...(standsFor[by] ? [standsFor[by]] : [])]
const sizeOf = ({ ask }: ApprovalRequest) => Number(ask.arguments['size'])
const chainOf = (state: ApprovalRequest, all: readonly ApprovalRequest[]): number => {
  const before = all.find(({ ask }) => ask.id === state.ask.revises)
  return before ? 1 + chainOf(before, all) : 0
}

export const rules: readonly Rule[] = [
  {
    id: 'REV1',
    rule: 'a person does not decide what they, or a person behind them, told the agent to ask for',
    broken: (before, act, { events, on }) => {
      if (act.type !== 'click' || !on || !events.some(({ type }) => type === 'Decided')) return undefined
      const behind = behindOf(act)
      const words = before.words.find((each) => {
        const earlier = before.requests.find(({ ask }) => ask.id === each.request)
        const isOn = act.on >= each.before && on.submittedAt - each.at <= week
        const wasApproved = !each.refuses && earlier !== undefined && 'grant' in earlier && earlier.grant !== undefined
        const isLess = earlier?.ask.resource.id === on.ask.resource.id && sizeOf(on) <= sizeOf(earlier)
        // An approval is counted as of now: one of before the ask alone frees its writer.
        return isOn && !wasApproved && !isLess && each.behind.some((one) => behind.includes(one))
      })
      return words && `${act.by} decides ${on.ask.id} after words on ${words.request}`
    },
  },
  {
    id: 'REV2',
    rule: 'a revision begins without an approval',
    broken: (_before, act, { world, refused }) => {
      const state = world.requests.at(-1)
      if (act.type !== 'ask' || refused || !state) return undefined
      const has = state.status !== 'pending' || state.stages.some(({ decisions }) => decisions.length > 0)
      return has && 'it has an approval'
    },
  },
  {
    id: 'REV3',
    rule: 'at most five revisions come in a row',
    broken: (_before, act, { world, refused }) => {
      const state = world.requests.at(-1)
      return act.type === 'ask' && !refused && state && chainOf(state, world.requests) > 5 && 'a sixth'
    },
  },
  {
    id: 'REV4',
    rule: 'a request is revised once, while it was sent back, for its resource and in time',
    broken: (before, act, { refused }) => {
      if (act.type !== 'ask' || act.revises === undefined || refused) return undefined
      const state = before.requests[act.revises]
      if (state?.status !== 'denied' || state.outcome !== 'revise') return 'it was not sent back'
      if (before.requests.some(({ ask }) => ask.revises === state.ask.id)) return 'it was revised before'
      if (before.now - state.deniedAt > week) return 'it was sent back long ago'
      return state.ask.resource.id !== act.on && 'it is on another resource'
    },
  },
  {
    id: 'REV5',
    rule: 'a request is sent back with words, and is over',
    broken: (_before, act, { world, refused }) => {
      if (act.type !== 'click' || act.verdict !== 'revise' || refused) return undefined
      const state = world.requests[act.on]
      return (state?.status !== 'denied' || state.outcome !== 'revise' || !act.words) && 'it goes on, or has no words'
    },
  },
  {
    id: 'REV6',
    rule: 'one click for several approves no request that shows words to its agent',
    broken: (_before, act, { on, refused }) =>
      act.type === 'click' &&
      act.list &&
      !refused &&
      (on?.ask.told ?? on?.ask.revises) !== undefined &&
      'it shows words',
  },
]

export type Scenario = {
  name: string
  acts: (world: World) => readonly Act[]
  depth: number
}

const pendingOf = ({ requests }: World) =>
  requests.flatMap((state, at) => (state.status === 'pending' ? [{ state, at }] : []))

/** Every short order of acts: at most two requests wait at once. */
export const short: Scenario = {
  name: 'asks for more and less of two things, with words by three people',
  depth: 4,
  acts: (world) => {
    const pending = pendingOf(world)
    const last = world.requests.length - 1
    const asks = (['a', 'b'] as const).flatMap((on) =>
      [1, 2].flatMap((size): Act[] => [
        { type: 'ask', size, on },
        ...(last < 0 ? [] : [{ type: 'ask', size, on, revises: last } as const]),
      ]),
    )
    const clicks = pending.flatMap(({ at }) =>
      ['ana', 'ben', 'nina'].flatMap((by): Act[] => [
        { type: 'click', by, verdict: 'approve', words: false, on: at },
        { type: 'click', by, verdict: 'approve', words: true, on: at },
        { type: 'click', by, verdict: 'approve', words: false, on: at, list: true },
        { type: 'click', by, verdict: 'deny', words: true, on: at },
        { type: 'click', by, verdict: 'revise', words: true, on: at },
        { type: 'click', by, verdict: 'revise', words: false, on: at },
      ]),
    )
    const ends = pending.map(({ at }): Act => ({ type: 'withdraw', on: at }))
    return [...(pending.length < 2 ? asks : []), ...clicks, ...ends, ...(last < 0 ? [] : [{ type: 'wait' } as const])]
  },
}

/** More of one thing at each ask, and two people who send it back or approve it. */
export const writers: Scenario = {
  name: 'two people who write one after the other',
  depth: 8,
  acts: (world) => {
    const [first] = pendingOf(world)
    if (!first) return [{ type: 'ask', size: world.requests.length + 1, on: 'a' }]
    return ['ana', 'ben'].flatMap((by): Act[] => [
      { type: 'click', by, verdict: 'revise', words: true, on: first.at },
      { type: 'click', by, verdict: 'approve', words: false, on: first.at },
    ])
  },
}

/** One thing, sent back again and again. */
export const long: Scenario = {
  name: 'a long row of revisions',
  depth: 14,
  acts: (world) => {
    const [first] = pendingOf(world)
    if (first) return [{ type: 'click', by: 'ana', verdict: 'revise', words: true, on: first.at }]
    const ask = { type: 'ask', size: 1, on: 'a' } as const
    return [...world.requests.map((_, revises): Act => ({ ...ask, revises })), ...(world.requests.length ? [] : [ask])]
  },
}

export type Found = { states: number; refusals: Set<string>; violation?: { rule: Rule; why: string; trace: string[] } }

/** Breadth first, so that a trace is a shortest one. */
export function search({ acts, depth }: Scenario, parts: Parts): Found {
  const found: Found = { states: 1, refusals: new Set() }
  const known = new Set<string>()
  let layer: { world: World; trace: readonly string[] }[] = [{ world: begun, trace: [] }]
  for (let step = 0; step < depth; step += 1) {
    const next: typeof layer = []
    for (const { world, trace } of layer)
      for (const act of acts(world)) {
        const done = take(world, act, parts)
        const here = [...trace, JSON.stringify(act)]
        if (done.refused) found.refusals.add(done.refused)
        for (const rule of rules) {
          const why = rule.broken(world, act, done)
          if (why) return { ...found, violation: { rule, why, trace: here } }
        }
        const key = done.refused ? undefined : JSON.stringify(done.world)
        if (key === undefined || known.has(key)) continue
        known.add(key)
        found.states += 1
        next.push({ world: done.world, trace: here })
      }
    layer = next
  }
  return found
}
