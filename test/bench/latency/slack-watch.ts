/** A message of the app as it came to Slack, whether new or changed. Milliseconds of `performance.now`. */
export type Shown = { at: number; channel: string; ts: string; isNew: boolean }

/** Tells when the card of a request came to Slack. It hears of each call from the proxy that stands before the desk. */
export class SlackWatch {
  readonly #shown = new Map<string, Shown[]>()
  readonly #waiting = new Map<string, () => void>()

  /** @param path such as `/api/chat.postMessage` */
  heard(path: string, body: string, answer: string, at: number): void {
    const isNew = path.endsWith('/chat.postMessage')
    if (!isNew && !path.endsWith('/chat.update')) return
    const { ok, channel, ts } = JSON.parse(answer) as { ok: boolean; channel: string; ts: string }
    const [request] = /req_[0-9a-z]{26}/.exec(body) ?? []
    // People who are told directly are no channel, and what is said beneath a card is no card.
    if (!ok || request === undefined || !channel.startsWith('C') || /(^|&)thread_ts=/.test(body)) return
    this.#shown.set(request, [...(this.#shown.get(request) ?? []), { at, channel, ts, isNew }])
    this.#waiting.get(request)?.()
  }

  /** The first that is as wanted. */
  async until(request: string, wanted: (shown: Shown) => boolean, patience = 60_000): Promise<Shown> {
    const deadline = performance.now() + patience
    for (;;) {
      const found = this.#shown.get(request)?.find(wanted)
      if (found) return found
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.set(request, resolve)
      const timer = setTimeout(resolve, deadline - performance.now())
      await promise
      clearTimeout(timer)
      if (performance.now() >= deadline) throw new Error(`the card of ${request} did not come in ${patience} ms`)
    }
  }

  forget(request: string): void {
    this.#shown.delete(request)
    this.#waiting.delete(request)
  }
}
