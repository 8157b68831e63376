import type { Digest } from '../../../functions/domain/values.ts'
import type { BundleStore, KeptBundle } from '../../../functions/operations/policy/ports.ts'

export class MemoryBundleStore implements BundleStore {
  readonly #kept = new Map<Digest, KeptBundle>()

  async isKept(hash: Digest): Promise<boolean> {
    await Promise.resolve()
    return this.#kept.has(hash)
  }

  async keep(kept: KeptBundle): Promise<boolean> {
    await Promise.resolve()
    if (this.#kept.has(kept.bundle.hash)) return false
    this.#kept.set(kept.bundle.hash, structuredClone(kept))
    return true
  }

  async load(hash: Digest): Promise<KeptBundle | undefined> {
    await Promise.resolve()
    return structuredClone(this.#kept.get(hash))
  }

  /** Replaces a bundle, as any role with the right to write the table could. */
  replace(hash: Digest, kept: KeptBundle): void {
    this.#kept.set(hash, kept)
  }
}
