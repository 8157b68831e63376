import { EventEmitter } from 'node:events'

/** What changed on the desk, and where. `seq` rises by one with each change and never repeats. */
export interface Change {
  seq: number
  type: 'posted' | 'updated' | 'deleted' | 'ephemeral' | 'view' | 'home' | 'notice'
  /** The channel's id, for messages and ephemerals. */
  channel?: string
  ts?: string
  /** The only person who can see it, for ephemerals, views and home tabs. */
  user?: string
}

const kept = 5_000

/** The desk's own feed: pages and tests are told of a change as it happens, so that nobody polls or sleeps. */
export class Changes {
  readonly #log: Change[] = []
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  #seq = 0

  get seq(): number {
    return this.#seq
  }

  record(change: Omit<Change, 'seq'>): void {
    this.#seq += 1
    const recorded = { seq: this.#seq, ...change }
    this.#log.push(recorded)
    if (this.#log.length > kept) this.#log.shift()
    this.#emitter.emit('change', recorded)
  }

  /** Calls back for each change from now on. Returns how to stop. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#emitter.on('change', listener)
    return () => this.#emitter.off('change', listener)
  }

  /** The changes after `after`, at once if there are any, else as soon as there is one, else none at the timeout. */
  async wait(after: number, milliseconds: number, wanted: (change: Change) => boolean): Promise<Change[]> {
    const known = this.#log.filter((change) => change.seq > after && wanted(change))
    if (known.length > 0) return known
    return new Promise((resolve) => {
      const finish = (found: Change[]) => {
        clearTimeout(timer)
        stop()
        resolve(found)
      }
      const stop = this.subscribe((change) => {
        if (wanted(change)) finish([change])
      })
      const timer = setTimeout(() => finish([]), milliseconds)
      timer.unref()
    })
  }
}
