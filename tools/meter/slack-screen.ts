import { EventEmitter, once } from 'node:events'

/** A message in a channel, as a person sees it now. Milliseconds of `performance.now`. */
export type Shown = {
  channel: string
  ts: string
  /** The text of the notification. */
  says: string
  buttons: readonly string[]
  postedAt: number
  /** The time of the last change. */
  changedAt?: number
}

/** A call of the Web API that was carried out. `answer` is the one meant for its caller. */
type Call = { operation: string; body: Buffer | string; answer: Buffer | string; fault?: string | undefined }

/** The messages in Slack's channels, from the calls of its Web API. */
export class SlackScreen {
  /** Messages by the request of a card, or the agent of a burst. */
  readonly #shown = new Map<string, Map<string, Shown>>()
  readonly #changed = new EventEmitter().setMaxListeners(0)
  /** The number of posts of a request's own card, and of those whose answer was lost. */
  readonly posted = new Map<string, { times: number; lost: number }>()

  /** Takes a call. Direct messages and lines beneath a card are ignored. */
  see({ operation, body, answer, fault }: Call, at = performance.now()): void {
    const isNew = operation.endsWith('chat.postMessage')
    if (!isNew && !operation.endsWith('chat.update')) return
    const form = new URLSearchParams(String(body))
    const told = JSON.parse(String(answer)) as { ok?: boolean; channel?: string; ts?: string }
    if (!told.ok || !told.channel || !told.ts || form.has('thread_ts') || told.channel.startsWith('D')) return
    const { channel, ts } = told
    const says = form.get('text') ?? ''
    const blocks = form.get('blocks') ?? ''
    const agent = /by (agent:[\w-]+)\. List/.exec(says)?.[1]
    const requests = agent ? [] : [...new Set(`${says} ${blocks}`.match(/req_[0-9a-z]{26}/gi) ?? [])]
    const buttons = [...blocks.matchAll(/"action_id":"(\w+)"/g)].map(([, id]) => id as string)
    for (const about of agent ? [agent] : requests) {
      const all = this.#shown.get(about) ?? new Map<string, Shown>()
      const times = isNew ? { postedAt: at } : { postedAt: all.get(ts)?.postedAt ?? at, changedAt: at }
      this.#shown.set(about, all.set(ts, { channel, ts, says, buttons, ...times }))
      this.#changed.emit(about)
    }
    if (isNew) for (const request of requests) this.#count(request, fault)
  }

  #count(request: string, fault: string | undefined): void {
    const { times, lost } = this.posted.get(request) ?? { times: 0, lost: 0 }
    const [more, unheard] = fault === 'twice' ? [2, 1] : [1, fault === 'lost' ? 1 : 0]
    this.posted.set(request, { times: times + more, lost: lost + unheard })
  }

  /** Messages about a request or agent, newest last. */
  of(about: string): readonly Shown[] {
    return [...(this.#shown.get(about)?.values() ?? [])].toSorted((one, other) => (one.ts < other.ts ? -1 : 1))
  }

  /** Waits for a message that is as wanted. @returns the newest, or undefined after `milliseconds` */
  async until(about: string, wanted: (shown: Shown) => boolean, milliseconds: number): Promise<Shown | undefined> {
    const signal = AbortSignal.timeout(milliseconds)
    for (;;) {
      const found = this.of(about).findLast(wanted)
      if (found || signal.aborted) return found
      await once(this.#changed, about, { signal }).catch(() => {})
    }
  }
}
