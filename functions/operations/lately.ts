import type { AgentId, NumericDate } from '../domain/values.ts'
import type { DecidingPorts } from './ports.ts'

/** "Lately", for the circumstances of a question. */
const recentWindow = 3600
/** Beyond so many, one more says nothing new. */
const recentLimit = 50
/** How many are read at once: few at first, since few agents ask for more than that in an hour. */
const recentPages = [10, 90, 100, 100]

/** What has been read of one agent's requests, newest first. */
type Read = { found: Map<string, number>; pages: number; after?: string; end: boolean }

/**
 * How many requests for an action an agent made lately, at most `recentLimit`. Reads back through all that the agent
 * asked for, since ten of another kind would otherwise hide a burst of this one. An agent that asked for more than can be
 * read through is taken to be in a burst: the count, like the index that it comes from, may only ever raise scrutiny.
 *
 * What is read of an agent is kept: however many questions one message asks, its requests are read once.
 */
export class Lately {
  readonly #requests: Pick<DecidingPorts['requests'], 'list'>
  readonly #read = new Map<AgentId, Read>()

  constructor(requests: Pick<DecidingPorts['requests'], 'list'>) {
    this.#requests = requests
  }

  async count(agent: AgentId, action: string, now: NumericDate): Promise<number> {
    const read: Read = this.#read.get(agent) ?? { found: new Map(), pages: 0, end: false }
    this.#read.set(agent, read)
    const found = () => Math.min(read.found.get(action) ?? 0, recentLimit)
    while (!read.end && found() < recentLimit) {
      const limit = recentPages[read.pages]
      if (limit === undefined) return recentLimit
      await this.#readOn(agent, read, limit, now - recentWindow)
    }
    return found()
  }

  async #readOn(agent: AgentId, read: Read, limit: number, since: NumericDate): Promise<void> {
    const { after } = read
    const page = await this.#requests.list({ agent }, { limit, ...(after === undefined ? {} : { after }) })
    const lately = page.items.filter(({ state }) => state.submittedAt > since)
    for (const { state } of lately) read.found.set(state.ask.action, (read.found.get(state.ask.action) ?? 0) + 1)
    read.pages += 1
    read.end = page.next === undefined || lately.length < page.items.length
    if (page.next !== undefined) read.after = page.next
  }
}
