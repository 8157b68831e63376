import fc from 'fast-check'
import { Event } from '../../functions/domain/record/events.ts'
import { evolve, replay } from '../../functions/domain/record/evolve.ts'
import { ApprovalRequest, callOf, grantOf, usesLeft } from '../../functions/domain/record/request.ts'
import { Refusal } from '../../functions/domain/refusals.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import { asOf, dueAt } from '../../functions/domain/requests/due.ts'
import type { UseId } from '../../functions/domain/values.ts'
import { submittedAt } from '../support/ask.ts'
import { anyCommand, anyWalk, type Walked, walk } from './walk.ts'

const runs = { numRuns: 150 }
/** Checks random walks. */
const everyWalk = (check: (walked: Walked) => void) =>
  fc.assert(
    fc.property(anyWalk, (steps) => check(walk(steps))),
    runs,
  )
const last = <T>(items: readonly T[]): T => items.at(-1) as T
const pairs = <T>(items: readonly T[]) => items.slice(1).map((after, index) => [items[index] as T, after] as const)

test('the random walks reach every status and every type of event', () => {
  const walks = fc.sample(anyWalk, { numRuns: 5_000, seed: 42 }).map(walk)
  const statuses = new Set(walks.flatMap(({ states }) => states.map(({ status }) => status)))
  const types = new Set(walks.flatMap(({ events }) => events.map(({ type }) => type)))
  expect([...statuses].sort()).toEqual(ApprovalRequest.options.map(({ shape }) => shape.status.value).sort())
  expect([...types].sort()).toEqual(Event.options.map(({ shape }) => shape.type.value).sort())
})

test('a command is obeyed or refused in any state, at any time, and never thrown at', () => {
  fc.assert(
    fc.property(anyWalk, anyCommand, fc.integer({ min: 0, max: 20_000 }), (steps, command, after) => {
      const { events, refusal } = decide(last(walk(steps).states), command, submittedAt + after)
      expect(events.map((event) => Event.parse(event))).toEqual(events)
      if (refusal) expect(Refusal.options).toContain(refusal.code)
    }),
    runs,
  )
})

test('the same state, command and time give the same events, and the state is not changed', () => {
  fc.assert(
    fc.property(anyWalk, anyCommand, (steps, command) => {
      const state = last(walk(steps).states)
      const copy = structuredClone(state)
      const twice = [decide(state, command, submittedAt + 60), decide(copy, command, submittedAt + 60)]
      expect(twice[0]).toEqual(twice[1])
      expect(state).toEqual(copy)
    }),
    runs,
  )
})

test('every state matches the schema, and is replayed from its events', () => {
  everyWalk(({ states, events }) => {
    expect(ApprovalRequest.parse(last(states))).toEqual(last(states))
    expect(replay(events)).toEqual(last(states))
  })
})

test('the record never goes back in time when clocks do', () => {
  everyWalk(({ events }) => {
    for (const [before, after] of pairs(events)) expect(after.at).toBeGreaterThanOrEqual(before.at)
  })
})

test('`decideBy` never moves, no deadline lies after it, and a grant only gets shorter, or ends unused by a drift', () => {
  everyWalk(({ states }) => {
    for (const [before, after] of pairs(states)) {
      if (before.status === 'pending' && after.status === 'pending') {
        expect(after.decideBy).toBe(before.decideBy)
        for (const { deadline } of after.stages) expect(deadline ?? 0).toBeLessThanOrEqual(after.decideBy)
      }
      const [had, has] = [grantOf(before), grantOf(after)]
      if (!had) continue
      if (after.status === 'pending') {
        expect(after.drifts).toHaveLength((before.drifts?.length ?? 0) + 1)
        expect([had.credentials, had.uses]).toEqual([{}, []])
        continue
      }
      expect(has?.claimBy).toBe(had.claimBy)
      expect(has?.notAfter).toBeLessThanOrEqual(had.notAfter)
      for (const { expiresAt } of Object.values(has?.credentials ?? {}))
        expect(expiresAt).toBeLessThanOrEqual(had.notAfter)
    }
  })
})

test('an ask is only narrowed, three times at most, and earlier decisions do not count', () => {
  everyWalk(({ states }) => {
    for (const [before, after] of pairs(states)) {
      expect(after.ask.uses).toBeLessThanOrEqual(before.ask.uses)
      expect(after.ask.lifetime).toBeLessThanOrEqual(before.ask.lifetime)
      expect(after.tier).toBeGreaterThanOrEqual(before.tier)
      const [less, drifted] = [after.narrowings?.length ?? 0, after.drifts?.length ?? 0]
      expect([less + drifted, less <= 3, drifted <= 3]).toEqual([after.round - 1, true, true])
      if (after.ask.digest === before.ask.digest) continue
      expect(after.round).toBe(before.round + 1)
      // Only the narrower has decided.
      const [narrower] = after.narrowings?.slice(-1) ?? []
      const people = after.stages.flatMap(({ decisions }) => decisions.map(({ person }) => person))
      expect([[], [narrower?.by]]).toContainEqual(people)
    }
  })
})

test('a request that has ended takes only refusals, outcomes and comparisons of its calls, comments and a review', () => {
  everyWalk(({ states }) => {
    for (const [before, after] of pairs(states)) {
      if (before.status === 'pending' || before.status === 'approved') continue
      // The outcome of an open call may still be reported, or that it was not sent, which removes it.
      const returned = callOf(after) ? undefined : callOf(before)
      expect(returned?.ended).toBeUndefined()
      expect(withoutOutcomes(after)).toEqual(withoutOutcomes(before, returned?.id))
      if (before.calls) expect(after.calls).toEqual(before.calls)
      const told = (state: ApprovalRequest) => grantOf(state)?.uses.filter(({ key, ended }) => key !== 'call' || ended)
      expect(told(after)).toEqual(expect.arrayContaining([...(told(before) ?? [])]))
    }
  })
})

test('an opening is reviewed once, after its end, neither by its person nor by the one who vouched', () => {
  everyWalk(({ states }) => {
    for (const [before, after] of pairs(states)) {
      expect(after.review?.dueAt).toBe(before.review?.dueAt)
      if (before.review?.overdueAt !== undefined) expect(after.review?.overdueAt).toBe(before.review.overdueAt)
      if (before.review?.done) expect(after.review?.done).toEqual(before.review.done)
      if (!after.review?.done) continue
      expect(after.status).not.toBe('approved')
      expect([after.ask.agent.id, after.ask.breakGlass?.secondedBy]).not.toContain(after.review.done.by)
    }
  })
})

/** A state without its refusals, its review, the outcomes of its uses, a returned use, and its comments. */
function withoutOutcomes(state: ApprovalRequest, returned?: UseId) {
  const grant = grantOf(state)
  const uses = grant?.uses.filter(({ id }) => id !== returned).map(({ ended: _, ...use }) => use)
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map(({ comment: _, ...decision }) => decision),
  }))
  const { reason: _, review: __, calls: ___, run: ____, ...rest } = { reason: '', ...state }
  return { ...rest, stages, refusals: {}, updatedAt: 0, grant: grant && { ...grant, uses } }
}

test('uses are never over budget, delegated ones included, and each person is counted once', () => {
  everyWalk(({ states }) => {
    for (const state of states) {
      expect(usesLeft(state)).toBeGreaterThanOrEqual(0)
      const people = state.stages.flatMap(({ decisions }) => decisions.filter(({ verdict }) => verdict === 'approve'))
      expect(new Set(people.map(({ person }) => person)).size).toBe(people.length)
    }
  })
})

test('a look at every deadline gives the same state as one at the end', () => {
  fc.assert(
    fc.property(anyWalk, fc.integer({ min: 0, max: 20_000 }), (steps, later) => {
      const state = last(walk(steps).states)
      const now = state.updatedAt + later
      let looked: ApprovalRequest = state
      for (let due = dueAt(looked); due !== undefined && due <= now; due = dueAt(looked)) looked = asOf(looked, due)
      expect(asOf(state, now)).toEqual(looked)
    }),
    runs,
  )
})

test('events of two requests are refused by name', () => {
  everyWalk(({ events }) => {
    const [submitted, ...rest] = events
    for (const event of rest.slice(0, 1)) expect(() => evolve(undefined, event)).toThrow(TypeError)
    expect(() => replay([submitted as Event, submitted as Event])).toThrow(TypeError)
  })
})

test('a run starts once, ends once, and completes its request only while that is live', () => {
  everyWalk(({ states, events }) => {
    for (const [before, after] of pairs(states)) {
      if (before.run && before.run.status !== 'running') expect(after.run).toEqual(before.run)
      if (before.run) expect(after.run).toMatchObject({ id: before.run.id, since: before.run.since })
      if (before.run?.status === 'running' && after.run?.status === 'running')
        expect(after.status).toBe(
          before.status === 'approved' && after.status === 'revoked' ? 'revoked' : before.status,
        )
    }
    expect(events.filter(({ type }) => type === 'RunStarted').length).toBeLessThanOrEqual(1)
    expect(events.filter(({ type }) => type === 'RunEnded').length).toBeLessThanOrEqual(1)
  })
})
