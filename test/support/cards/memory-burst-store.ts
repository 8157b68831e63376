import type { Digest } from '../../../functions/domain/values.ts'
import type { BurstStore, PostedBurst } from '../../../functions/operations/cards/ports.ts'

/** The cards of bursts, in memory. */
export class MemoryBurstStore implements BurstStore {
  readonly #bursts = new Map<string, PostedBurst>()

  async load(key: Digest): Promise<readonly PostedBurst[]> {
    await Promise.resolve()
    return structuredClone([...this.#bursts.values()])
      .filter((burst) => burst.key === key)
      .sort((one, other) => other.generation - one.generation)
      .slice(0, 4)
  }

  async save(burst: PostedBurst): Promise<void> {
    await Promise.resolve()
    this.#bursts.set(`${burst.key}#${burst.generation}`, structuredClone(burst))
  }
}
