import type { Pushed, SetPush } from '../../../functions/operations/events/ports.ts'

/** A receiver of Security Event Tokens in memory. */
export class MemorySetPush implements SetPush {
  readonly got: { endpoint: string; authorization?: string | undefined; token: string }[] = []
  /** The answer to later pushes. */
  answers: Pushed = { outcome: 'taken' }

  async push({ endpoint, authorization }: Parameters<SetPush['push']>[0], token: string): Promise<Pushed> {
    await Promise.resolve()
    this.got.push({ endpoint, authorization, token })
    return this.answers
  }
}
