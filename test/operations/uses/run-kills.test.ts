import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { callOf } from '../../../functions/domain/record/request.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { followRun } from '../../../functions/operations/uses/follow-run.ts'
import { makeCall, resolveCall } from '../../../functions/operations/uses/make-call.ts'
import type { CallResult } from '../../../functions/targets/reach.ts'
import { runOf } from '../../support/runs.ts'
import { MemoryRuns, WorldOfRuns } from '../../support/runs-world.ts'
import { person } from '../../support/world.ts'

/** Lambdas that die at any of their reads, writes and calls: each run starts at most once, and its end is recorded. */

class Killed extends Error {
  override readonly name = 'Killed'
}

/** One Lambda, which dies before or after one of its acts: it does nothing more. */
class Life {
  died = false
  #acts = 0
  readonly #dies: { at: number; after: boolean }

  constructor(dies: { at: number; after: boolean }) {
    this.#dies = dies
  }

  /** The same port, for this Lambda. */
  of<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member = target[name as keyof T]
        return typeof member === 'function'
          ? (...args: unknown[]) => this.#act(() => member.apply(target, args))
          : member
      },
    })
  }

  async #act(act: () => Promise<unknown>): Promise<unknown> {
    if (this.died) throw new Killed()
    const isLast = this.#acts++ === this.#dies.at
    if (isLast && !this.#dies.after) return this.#die()
    const came = await act()
    return isLast ? this.#die() : came
  }

  #die(): never {
    this.died = true
    throw new Killed()
  }
}

const never = { at: Number.POSITIVE_INFINITY, after: false }

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A target whose answer may be lost, and that a call may not reach. */
class LossyRuns extends MemoryRuns {
  next: 'answers' | 'is lost' | 'is not reached' = 'answers'

  override async make(...asked: Parameters<MemoryRuns['make']>): Promise<CallResult> {
    if (this.next === 'is not reached') return { outcome: 'not_sent', fault: 'BrokerUnavailable' }
    const came = await super.make(...asked)
    return this.next === 'is lost' ? { outcome: 'unanswered' } : came
  }
}

/** One request from its claim to its end, with Lambdas that die. @returns the number of those */
async function livedThrough(seed: number): Promise<number> {
  const next = random(seed)
  const chance = (of: number) => next() < of
  const runs = new LossyRuns(chance(0.8))
  const world = new WorldOfRuns(runs)
  const request = await world.submitted(runOf())
  const { id } = request.ask
  const token = world.accessToken(request, await world.claim(request))
  let kills = 0
  const alive = async (
    dies: ConstructorParameters<typeof Life>[0],
    work: (ports: WorldOfRuns['runPorts']) => unknown,
  ) => {
    const life = new Life(dies)
    const { runPorts: all } = world
    const [requests, reach, follower] = [life.of(all.requests), life.of(all.reach), life.of(all.follower)]
    try {
      await work({ ...all, requests, reach, follower } as typeof all)
    } catch (fault) {
      if (!life.died) throw fault
    }
    if (life.died) kills += 1
  }
  const step = async (dies: ConstructorParameters<typeof Life>[0]) => {
    const { run } = await world.state(id)
    runs.next = chance(0.7) ? 'answers' : chance(0.5) ? 'is lost' : 'is not reached'
    if (run?.status === 'running') {
      if (chance(0.3)) runs.end(run.id, chance(0.7))
      return alive(dies, (ports) => followRun(id, ports))
    }
    if (chance(0.5)) return alive(dies, (ports) => makeCall(token, world.proof(), ports))
    return alive(dies, (ports) => resolveCall(id, ports))
  }
  for (let count = 0; count < 12; count++) {
    if (chance(0.03)) await revokeRequest({ id, person: person('gus'), reason: 'enough' }, world.ports)
    await step({ at: Math.floor(next() * 9), after: chance(0.5) })
    world.clock.advance(Math.floor(next() * 90))
  }
  for (let count = 0; count < 4; count++) {
    world.clock.advance(3700)
    await alive(never, (ports) => resolveCall(id, ports))
    await alive(never, (ports) => followRun(id, ports))
  }
  await mustHaveEnded(world, runs, id)
  return kills
}

async function mustHaveEnded(world: WorldOfRuns, runs: MemoryRuns, id: Parameters<WorldOfRuns['state']>[0]) {
  const state = await world.state(id)
  const call = callOf(state)
  const said: JsonObject = { run: state.run?.status ?? null, outcome: call?.ended?.outcome ?? null }
  expect(new Set(runs.calls).size).toBe(runs.calls.length)
  expect(runs.started.size).toBeLessThanOrEqual(1)
  // A call that reached its target has a run on record, or the outcome unknown.
  if (state.run) {
    expect([...runs.started.keys()]).toEqual([state.run.id])
    expect(['succeeded', 'failed', 'cancelled', 'unknown']).toContain(said['run'])
    if (said['run'] === 'unknown') expect(state.run.note).toContain('look at')
  } else if (runs.started.size > 0)
    expect([said, call?.ended?.note]).toEqual([{ run: null, outcome: 'unknown' }, expect.any(String)])
  const entries = await world.ledger.entries(id)
  expect(entries.filter(({ type }) => type === 'RunStarted').length).toBeLessThanOrEqual(1)
  expect(entries.filter(({ type }) => type === 'RunEnded').length).toBeLessThanOrEqual(1)
  expect(verify(id, entries)).toEqual({ state: await world.stored(id) })
}

test('each run starts at most once and ends on record, through at least 200 kills of its Lambdas', async () => {
  let kills = 0
  for (let seed = 1; seed <= 60; seed++) kills += await livedThrough(seed)
  expect(kills).toBeGreaterThanOrEqual(200)
})
