import type { RequestId } from '../../../functions/domain/values.ts'
import type { CardStore, PostedCard } from '../../../functions/operations/cards/ports.ts'

/** The card messages of requests in memory, one in each channel. */
export class MemoryCardStore implements CardStore {
  readonly #cards = new Map<string, PostedCard>()

  async load(request: RequestId): Promise<readonly PostedCard[]> {
    await Promise.resolve()
    return [...this.#cards.values()].filter((card) => card.request === request).map((card) => ({ ...card }))
  }

  async save(card: PostedCard): Promise<void> {
    await Promise.resolve()
    this.#cards.set(JSON.stringify([card.request, card.chat, card.channel]), { ...card })
  }
}
