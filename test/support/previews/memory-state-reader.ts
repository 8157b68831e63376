import { digestOf } from '../../../functions/domain/digest.ts'
import type { ReadFault } from '../../../functions/domain/record/preview.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { Clock } from '../../../functions/operations/ports.ts'
import type { StateAsk, StateReader, StateReading } from '../../../functions/operations/previews/ports.ts'

/** Resources in memory, which can change at any time. It remembers its readings. */
export class MemoryStateReader implements StateReader {
  /** Every reading that was asked for, in order. */
  readonly asked: StateAsk[] = []
  readonly #clock: Clock
  readonly #states = new Map<string, JsonObject | undefined>()
  readonly #faults: (ReadFault | undefined)[] = []
  readonly #held: (() => void)[] = []
  #previewed: readonly string[]
  #lagging = false

  /** @param previewed the actions whose entry has a preview */
  constructor(clock: Clock, previewed: readonly string[] = []) {
    this.#clock = clock
    this.#previewed = previewed
  }

  /** Sets the actions that have a preview. */
  preview(...actions: readonly string[]): void {
    this.#previewed = actions
  }

  /** Sets the state of a resource, by argument; undefined if the resource is absent. */
  set(resource: string, state: JsonObject | undefined): void {
    this.#states.set(resource, state)
  }

  /** Sets the faults of the next readings, one each; undefined for a reading that works. */
  next(...faults: readonly (ReadFault | undefined)[]): void {
    this.#faults.push(...faults)
  }

  /** Has readings wait until `arrive`. */
  lag(): void {
    this.#lagging = true
  }

  arrive(): void {
    this.#lagging = false
    for (const go of this.#held.splice(0)) go()
  }

  async read(about: StateAsk): Promise<StateReading | undefined> {
    await Promise.resolve()
    if (!this.#previewed.includes(about.action)) return undefined
    this.asked.push(structuredClone(about))
    if (this.#lagging) await new Promise<void>((go) => this.#held.push(go))
    const observedAt = this.#clock.now()
    const fault = this.#faults.shift()
    if (fault) return { preview: { outcome: 'failed', why: fault, observedAt } }
    const raw = this.#states.get(about.resource.id)
    const state = digestOf('hotwork.state.v1', { request: about.request, state: raw ?? null })
    const before = raw ?? {}
    return { preview: { outcome: 'matched', before, after: about.arguments, observedAt, state }, ...(raw && { raw }) }
  }
}
