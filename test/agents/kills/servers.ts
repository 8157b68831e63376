import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server's report before it goes on. */
export type Point = { run: string; pid: number; point: string; call?: unknown }
/** Milliseconds. */
const longest = 20_000
type Hear = (point: Point) => Promise<string | undefined>

/** Listens to the servers of all runs, which report their points here and wait for a word. */
export class Servers {
  readonly as = { name: 'secure-filesystem-server', version: '0.2.0' }
  readonly path: string
  readonly #server = createServer((socket) => this.#connect(socket))
  readonly #hears = new Map<string, Hear>()
  readonly #open = new Map<string, Set<Socket>>()

  constructor(path: string) {
    this.path = path
  }

  open(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve))
  }

  listen(run: string, hear: Hear): void {
    this.#hears.set(run, hear)
  }

  forget(run: string): void {
    this.#hears.delete(run)
  }

  /**
   * Waits until this run has no server left: one whose gate was killed ends the calls that it has begun. A hanging one
   * is let go.
   */
  async quiet(run: string): Promise<void> {
    const open = [...(this.#open.get(run) ?? [])].filter(({ destroyed }) => !destroyed)
    const stop = new AbortController()
    const late = sleep(longest, undefined, { signal: stop.signal }).catch(() => {})
    await Promise.race([Promise.all(open.map((socket) => once(socket, 'close'))), late])
    stop.abort()
    for (const socket of open) socket.destroy()
  }

  close(): void {
    this.#server.close()
  }

  #connect(socket: Socket): void {
    socket.on('error', () => {})
    const lines = createInterface({ input: socket })
    // A killed server may leave unread bytes: then its end is an error.
    lines.on('error', () => {})
    lines.on('line', (line) => void this.#hear(JSON.parse(line) as Point, socket))
  }

  async #hear(point: Point, socket: Socket): Promise<void> {
    const open = this.#open.get(point.run) ?? new Set()
    this.#open.set(point.run, open.add(socket))
    socket.once('close', () => open.delete(socket))
    const word = await this.#hears.get(point.run)?.(point)
    if (word !== undefined) socket.write(`${word}\n`)
  }
}
