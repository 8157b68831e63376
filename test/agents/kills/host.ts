import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A gate's answer to one message. */
export type Answer = {
  result?: { isError?: boolean; content?: { text?: string }[]; _meta?: { [key: string]: unknown } } & {
    [name: string]: unknown
  }
  error?: { code: number; message: string }
}
type Message = Answer & { id?: number; method?: string }

/** The other side has gone without an answer. */
export class Gone extends Error {
  override readonly name = 'Gone'
}

/** An MCP host with its gate, which is a process of its own. A killed host leaves closed pipes, and its gate. */
export class Host {
  readonly gate: ChildProcess
  readonly ends: Promise<unknown>
  err = ''
  #next = 0
  #isGone = false
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(gone: Gone): void }>()
  readonly #hear: (message: string) => void

  /** `hear` gets each message that arrives, before it is handled. */
  constructor(command: readonly string[], env: { [name: string]: string }, hear: (message: string) => void) {
    const [program = '', ...words] = command
    this.#hear = hear
    this.gate = spawn(program, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.ends = once(this.gate, 'close')
    this.gate.stdin?.on('error', () => {})
    this.gate.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
    })
    const lines = createInterface({ input: this.gate.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => this.#take(JSON.parse(line) as Message))
    lines.on('error', () => {})
    lines.once('close', () => this.#leave())
    this.gate.once('exit', () => lines.close())
  }

  async open(): Promise<void> {
    const clientInfo = { name: 'kills', version: '1' }
    await this.ask('initialize', { protocolVersion: '2025-11-25', capabilities: this.capabilities, clientInfo })
    this.tell('notifications/initialized')
  }

  capabilities: object = {}

  /** @throws Gone */
  ask(method: string, params: object): Promise<Answer> {
    this.#next += 1
    const id = this.#next
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(new Gone(method))
      this.#waiting.set(id, { resolve, reject })
      this.#send({ id, method, params })
    })
  }

  tell(method: string, params: object = {}): void {
    this.#send({ method, params })
  }

  /** Closes its ends of the pipes, as the system does for a killed process. */
  kill(): void {
    for (const pipe of [this.gate.stdin, this.gate.stdout, this.gate.stderr]) pipe?.destroy()
    this.#leave()
  }

  /** Ends a host that has no more calls. */
  async close(): Promise<void> {
    this.gate.stdin?.end()
    await this.ends
  }

  #send(message: object): void {
    this.gate.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  #take(message: Message): void {
    this.#hear(message.method ?? 'answer')
    if (this.#isGone || message.id === undefined) return
    // The host refuses every request of the gate.
    if (message.method) {
      this.#send({ id: message.id, error: { code: -32601, message: 'not here' } })
      return
    }
    this.#waiting.get(message.id)?.resolve(message)
    this.#waiting.delete(message.id)
  }

  #leave(): void {
    this.#isGone = true
    for (const { reject } of this.#waiting.values()) reject(new Gone('the gate'))
    this.#waiting.clear()
  }
}
