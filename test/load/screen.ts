import { EventEmitter, once } from 'node:events'
import type { Relayed } from './faults.ts'

/** A message in a channel, as a person sees it now. */
export type Shown = {
  channel: string
  ts: string
  /** As its notification has it. */
  says: string
  buttons: readonly string[]
}

/** What Slack shows, from the calls of its Web API that were carried out. */
export class Screen {
  /** By the request whose own card it is, or the agent whose burst it shows. */
  readonly #shown = new Map<string, Map<string, Shown>>()
  readonly #changed = new EventEmitter().setMaxListeners(0)
  /** How often a request's own card was posted, and of these, how often the answer was lost. */
  readonly posted = new Map<string, { times: number; lost: number }>()

  see({ operation, body, answer, fault }: Relayed): void {
    if (operation !== 'chat.postMessage' && operation !== 'chat.update') return
    const form = new URLSearchParams(body.toString())
    const told = JSON.parse(answer.toString()) as { ok?: boolean; channel?: string; ts?: string }
    if (!told.ok || !told.channel || !told.ts || form.has('thread_ts') || told.channel.startsWith('D')) return
    const text = form.get('text') ?? ''
    const blocks = form.get('blocks') ?? ''
    const agent = /by (agent:[\w-]+)\. List/.exec(text)?.[1]
    const requests = agent ? [] : [...new Set(`${text} ${blocks}`.match(/req_[0-9a-z]{26}/gi) ?? [])]
    const buttons = [...blocks.matchAll(/"action_id":"(\w+)"/g)].map(([, id]) => id as string)
    const shown = { channel: told.channel, ts: told.ts, says: text, buttons }
    for (const about of agent ? [agent] : requests) {
      const all = this.#shown.get(about) ?? new Map<string, Shown>()
      this.#shown.set(about, all.set(shown.ts, shown))
      this.#changed.emit(about)
    }
    if (operation !== 'chat.postMessage') return
    for (const request of requests) {
      const { times, lost } = this.posted.get(request) ?? { times: 0, lost: 0 }
      const [more, unheard] = fault === 'twice' ? [2, 1] : [1, fault === 'lost' ? 1 : 0]
      this.posted.set(request, { times: times + more, lost: lost + unheard })
    }
  }

  /** Newest last. */
  of(about: string): readonly Shown[] {
    return [...(this.#shown.get(about)?.values() ?? [])].toSorted((one, other) => (one.ts < other.ts ? -1 : 1))
  }

  /** The newest that is as wanted, once there is one; nothing after `milliseconds`. */
  async until(about: string, wanted: (shown: Shown) => boolean, milliseconds: number): Promise<Shown | undefined> {
    const signal = AbortSignal.timeout(milliseconds)
    for (;;) {
      const found = this.of(about).findLast(wanted)
      if (found || signal.aborted) return found
      await once(this.#changed, about, { signal }).catch(() => {})
    }
  }
}
