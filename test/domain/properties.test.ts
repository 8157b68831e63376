import fc from 'fast-check'
import { Event } from '../../functions/domain/record/events.ts'
import { evolve, replay } from '../../functions/domain/record/evolve.ts'
import { ApprovalRequest, callOf, grantOf, usesLeft } from '../../functions/domain/record/request.ts'
import { Refusal } from '../../functions/domain/refusals.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import { asOf, dueAt } from '../../functions/domain/requests/due.ts'
import type { UseId } from '../../functions/domain/values.ts'
import { submittedAt } from '../support/ask.ts'
import { anyCommand, anyWalk, walk } from './walk.ts'

const runs = { numRuns: 150 }
const last = <T>(items: readonly T[]): T => items.at(-1) as T
const pairs = <T>(items: readonly T[]) => items.slice(1).map((after, index) => [items[index] as T, after] as const)

test('the walks below get everywhere: every status and every type of event', () => {
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

test('the same state, command and time give the same events, and the state that was given is not touched', () => {
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

test('every state is one that the schema knows, and is what its events replay to', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      const { states, events } = walk(steps)
      expect(ApprovalRequest.parse(last(states))).toEqual(last(states))
      expect(replay(events)).toEqual(last(states))
    }),
    runs,
  )
})

test('the record never goes back in time when clocks do', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      for (const [before, after] of pairs(walk(steps).events)) expect(after.at).toBeGreaterThanOrEqual(before.at)
    }),
    runs,
  )
})

test('`decideBy` never moves, no deadline lies after it, and a grant only gets shorter, or ends unused by a drift', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      for (const [before, after] of pairs(walk(steps).states)) {
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
    }),
    runs,
  )
})

test('what is asked only gets less, three times at most, and from then on nothing counts that was said of more', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      for (const [before, after] of pairs(walk(steps).states)) {
        expect(after.ask.uses).toBeLessThanOrEqual(before.ask.uses)
        expect(after.ask.lifetime).toBeLessThanOrEqual(before.ask.lifetime)
        expect(after.tier).toBeGreaterThanOrEqual(before.tier)
        const [less, drifted] = [after.narrowings?.length ?? 0, after.drifts?.length ?? 0]
        expect([less + drifted, less <= 3, drifted <= 3]).toEqual([after.round - 1, true, true])
        if (after.ask.digest === before.ask.digest) continue
        expect(after.round).toBe(before.round + 1)
        // Whoever narrowed it has decided; nobody else has.
        const [narrower] = after.narrowings?.slice(-1) ?? []
        const people = after.stages.flatMap(({ decisions }) => decisions.map(({ person }) => person))
        expect([[], [narrower?.by]]).toContainEqual(people)
      }
    }),
    runs,
  )
})

test('the end is the end: after it only refusals are counted, how a call went that was begun before, what AWS has of it, why people decided so, and the look at it', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      for (const [before, after] of pairs(walk(steps).states)) {
        if (before.status === 'pending' || before.status === 'approved') continue
        // An open call may still be told, or that it was not sent; then it is gone.
        const returned = callOf(after) ? undefined : callOf(before)
        expect(returned?.ended).toBeUndefined()
        expect(withoutOutcomes(after)).toEqual(withoutOutcomes(before, returned?.id))
        if (before.calls) expect(after.calls).toEqual(before.calls)
        const told = (state: ApprovalRequest) =>
          grantOf(state)?.uses.filter(({ key, ended }) => key !== 'call' || ended)
        expect(told(after)).toEqual(expect.arrayContaining([...(told(before) ?? [])]))
      }
    }),
    runs,
  )
})

test('the person who used break-glass, or vouched for it, never reviews it; and it is reviewed once, when it has ended', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      for (const [before, after] of pairs(walk(steps).states)) {
        expect(after.review?.dueAt).toBe(before.review?.dueAt)
        if (before.review?.overdueAt !== undefined) expect(after.review?.overdueAt).toBe(before.review.overdueAt)
        if (before.review?.done) expect(after.review?.done).toEqual(before.review.done)
        if (!after.review?.done) continue
        expect(after.status).not.toBe('approved')
        expect([after.ask.agent.id, after.ask.breakGlass?.secondedBy]).not.toContain(after.review.done.by)
      }
    }),
    runs,
  )
})

/** A state but for its refusals, for the look at it, for how its uses went, for a use that was given back, and for what people said why. */
function withoutOutcomes(state: ApprovalRequest, returned?: UseId) {
  const grant = grantOf(state)
  const uses = grant?.uses.filter(({ id }) => id !== returned).map(({ ended: _, ...use }) => use)
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map(({ comment: _, ...decision }) => decision),
  }))
  const { reason: _, review: __, calls: ___, ...rest } = { reason: '', ...state }
  return { ...rest, stages, refusals: {}, updatedAt: 0, grant: grant && { ...grant, uses } }
}

test('uses are never over budget, those given away counted too, and nobody is counted twice', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      for (const state of walk(steps).states) {
        expect(usesLeft(state)).toBeGreaterThanOrEqual(0)
        const people = state.stages.flatMap(({ decisions }) => decisions.filter(({ verdict }) => verdict === 'approve'))
        expect(new Set(people.map(({ person }) => person)).size).toBe(people.length)
      }
    }),
    runs,
  )
})

test('looking at every deadline, or once at the end, comes to the same', () => {
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

test('events that are not of one request are refused by name', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      const [submitted, ...rest] = walk(steps).events
      for (const event of rest.slice(0, 1)) expect(() => evolve(undefined, event)).toThrow(TypeError)
      expect(() => replay([submitted as Event, submitted as Event])).toThrow(TypeError)
    }),
    runs,
  )
})
