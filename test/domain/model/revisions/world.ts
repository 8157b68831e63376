import type { Command } from '../../../../functions/domain/record/commands.ts'
import type { Event } from '../../../../functions/domain/record/events.ts'
import { evolve } from '../../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest, Ask } from '../../../../functions/domain/record/request.ts'
import { type Decided, decide } from '../../../../functions/domain/requests/decide.ts'
import { asOf } from '../../../../functions/domain/requests/due.ts'
import { mayRevise, termsByWords, toldLately } from '../../../../functions/domain/requests/revision.ts'
import { readTold, toldIn, writeTold } from '../../../../functions/domain/requests/told.ts'
import type { AgentId, PersonId, RequestId, Resource, Verdict } from '../../../../functions/domain/values.ts'
import {
  decision,
  person,
  requestId,
  sampleAsk,
  sampleStage,
  submit,
  submittedAt,
  withdrawal,
} from '../../../support/ask.ts'

/** The requests of one agent, one after the other, and what people told it. */
export type World = {
  requests: readonly ApprovalRequest[]
  row: string | undefined
  /** The requests that were revised: once-only keys. */
  revised: readonly RequestId[]
  now: number
  /** Seen by the rules alone: the words in the order of their acts. */
  words: readonly Words[]
}
/** `before`: the number of requests that were there. */
export type Words = {
  behind: readonly PersonId[]
  at: number
  before: number
  request: RequestId
  refuses: boolean
}

/** The functions under test: production's, or with a seeded fault. */
export type Parts = {
  decide: (state: ApprovalRequest | undefined, command: Command, now: number) => Decided
  mayRevise: typeof mayRevise
  termsByWords: typeof termsByWords
  toldLately: typeof toldLately
  toldIn: typeof toldIn
  writeTold: typeof writeTold
  /** Whether the once-only key of a revision is taken. */
  isRevised: (world: World, id: RequestId) => boolean
}
export const production: Parts = {
  decide,
  mayRevise,
  termsByWords,
  toldLately,
  toldIn,
  writeTold,
  isRevised: ({ revised }, id) => revised.includes(id),
}

export type Act =
  | { type: 'ask'; size: number; on: 'a' | 'b'; revises?: number }
  /** `list`: one click for several. */
  | { type: 'click'; by: string; verdict: Verdict; words: boolean; on: number; list?: true }
  | { type: 'withdraw'; on: number }
  | { type: 'wait' }

const action = 'ssm:PutParameter'
const entries = { actions: { [action]: { narrowable: ['size'] } } } as unknown as Parameters<typeof termsByWords>[2]
const resources: { readonly [on in 'a' | 'b']: Resource } = {
  a: { type: 'thing', id: 'a' },
  b: { type: 'thing', id: 'b' },
}
/** Two of these people approve a request. Nina stands in for ana. */
const rights = { [person('ana')]: ['owner'], [person('ben')]: ['owner'], [person('nina')]: ['owner'] }
export const standsFor: { readonly [by: string]: PersonId } = { nina: person('ana') }
const stages = [sampleStage('owner', { quorum: 2, deadline: 8 * 86_400 })]
export const week = 7 * 86_400

export const begun: World = { requests: [], row: undefined, revised: [], now: submittedAt, words: [] }

/** The world after an act, with the events; `refused` leaves it as it is. */
export type Done = { world: World; events: readonly Event[]; on: ApprovalRequest | undefined; refused?: string }

export function take(world: World, act: Act, parts: Parts): Done {
  if (act.type === 'wait') return { world: { ...world, now: world.now + week + 1 }, events: [], on: undefined }
  if (act.type === 'ask') return ask(world, act, parts)
  const state = world.requests[act.on]
  if (!state) throw new TypeError('no such request')
  const command = act.type === 'withdraw' ? withdrawal() : clicked(state, act)
  const { events, refusal } = parts.decide(state, command, world.now)
  const after = events.reduce<ApprovalRequest>(evolve, state)
  const absent = 'absent' in command ? command.absent : undefined
  const told = refusal ? undefined : parts.toldIn(events, state.ask, absent)
  const isSaid = !refusal && act.type === 'click' && act.words
  const said =
    act.type === 'click' && isSaid
      ? [
          {
            behind: [person(act.by), ...(absent ?? [])],
            at: world.now,
            before: world.requests.length,
            request: state.ask.id,
            refuses: act.verdict !== 'approve',
          },
        ]
      : []
  const next = {
    ...world,
    requests: world.requests.with(act.on, after),
    row: told ? parts.writeTold(readTold(world.row), told) : world.row,
    words: [...world.words, ...said],
  }
  return { world: refusal ? world : next, events, on: state, ...(refusal ? { refused: refusal.code } : {}) }
}

function clicked({ ask, round }: ApprovalRequest, { by, verdict, words, list }: Extract<Act, { type: 'click' }>) {
  const absent = standsFor[by]
  return decision(ask, by, verdict, {
    eligible: rights,
    round,
    ...(words ? { toAgent: 'words' } : {}),
    ...(list ? { burst: ask.digest } : {}),
    ...(absent ? { absent: [absent] } : {}),
  })
}

function ask(world: World, { size, on, revises }: Extract<Act, { type: 'ask' }>, parts: Parts): Done {
  const { now } = world
  const states = world.requests.map((state) => asOf(state, now))
  const requests = new Map(states.map((state) => [state.ask.id, state]))
  const resource = resources[on]
  const named = revises === undefined ? undefined : states[revises]
  const refuse = (refused: string) => ({ world, events: [], on: undefined, refused })
  if (named) {
    const may = parts.mayRevise(named, { agent: sampleAsk().agent.id as AgentId, action, resource }, now)
    if (!may.ok) return refuse(may.code)
    if (parts.isRevised(world, named.ask.id)) return refuse('invalid_revision')
  }
  const what = {
    action,
    arguments: { size },
    resource,
    purpose: sampleAsk().purpose,
    ...(named ? { revises: named.ask.id } : {}),
  }
  const told = parts.toldLately(readTold(world.row), [action], now)
  const terms = parts.termsByWords(what, { told, requests }, entries, now)
  const id = requestId(world.requests.length + 1)
  const whole: Ask = sampleAsk({ ...what, ...terms, id, credential: 'token', claimWithin: 3600 })
  const { events } = parts.decide(undefined, submit(whole, 1, { stages }), now)
  const state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
  const taken = named ? [named.ask.id] : []
  return {
    world: { ...world, requests: [...world.requests, state], revised: [...world.revised, ...taken] },
    events,
    on: undefined,
  }
}
