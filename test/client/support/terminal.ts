import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../client/command-line/program.ts'
import type { Surroundings } from '../../../client/surroundings.ts'

export type Ran = { exit: number; out: string; err: string }

/** A machine with a terminal: the typed words, the output, and the files on its disk. */
export class Terminal {
  readonly home = mkdtempSync(join(tmpdir(), 'hotwork-terminal-'))
  /** The working folder. */
  folder = this.home
  program = '/opt/hotwork/client/hotwork.ts'
  env: { [name: string]: string | undefined }
  /** The pauses of the program, in seconds, which take no time in a test. */
  readonly pauses: number[] = []
  /** Runs at each pause of the program, with its output so far. */
  pausing: (printed: Omit<Ran, 'exit'>) => unknown = () => {}
  now = () => new Date()
  /** The width of the terminal; absent if the output goes into a file. */
  columns: number | undefined
  /** The addresses that the browser was sent to. */
  readonly visited: string[] = []
  browser: (address: string) => void = () => {}
  /** The answers to the next questions. A machine without any has no terminal. */
  answers: string[] | undefined
  /** Runs while a question stands. */
  whenAsked: (printed: string, signal?: AbortSignal) => Promise<void> = async () => {}
  readonly #noun: readonly string[]

  /** `noun` comes before the typed words, in a file whose tests are all about it. */
  constructor(env: { [name: string]: string | undefined }, ...noun: readonly string[]) {
    this.#noun = noun
    // Programs that it starts run the code that others have compiled.
    const { NODE_COMPILE_CACHE } = process.env
    this.env = { XDG_STATE_HOME: this.home, TZ: 'UTC', NODE_COMPILE_CACHE, ...env }
  }

  async type(...words: readonly string[]): Promise<Ran> {
    const ran = { out: '', err: '' }
    const surroundings: Surroundings = {
      env: this.env,
      folder: this.folder,
      program: { file: this.program, version: '0.0.0' },
      out: (text) => {
        ran.out += text
      },
      columns: this.columns,
      err: (text) => {
        ran.err += text
      },
      now: () => this.now(),
      pause: async (milliseconds) => {
        this.pauses.push(milliseconds / 1000)
        await this.pausing(ran)
        await new Promise((resolve) => setImmediate(resolve))
      },
      openBrowser: (address) => {
        this.visited.push(address)
        this.browser(address)
      },
      ...(this.answers
        ? {
            ask: async (question, signal) => {
              ran.err += question
              await this.whenAsked(ran.err, signal)
              return this.answers?.shift() ?? ''
            },
          }
        : {}),
      platform: 'linux',
    }
    return { exit: await run([...this.#noun, ...words], surroundings), ...ran }
  }

  /** The same with `--json`: one value is printed, also for a refusal. */
  // biome-ignore lint/suspicious/noExplicitAny: what is printed has no type until a test has looked at it
  async json(...words: readonly string[]): Promise<{ exit: number; body: any }> {
    const { exit, out } = await this.type(...words, '--json')
    return { exit, body: JSON.parse(out) }
  }

  /** The files on the disk, each with its mode and its text. */
  files(): { name: string; mode: string; text: string }[] {
    const folder = join(this.home, 'hotwork')
    try {
      return readdirSync(folder).map((name) => {
        const path = join(folder, name)
        return { name, mode: (statSync(path).mode & 0o777).toString(8), text: readFileSync(path, 'utf8') }
      })
    } catch {
      return []
    }
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}
