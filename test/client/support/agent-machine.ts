import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../../../functions/domain/values.ts'
import { root } from '../../support/repository.ts'
import { start } from '../../support/world.ts'
import type { Scene } from './scene.ts'
import { Terminal } from './terminal.ts'

export { root }
export const file = (name: string) => join(root, 'examples/requests', `${name}.json`)
export const [prod, staging] = [file('prod-payment-timeout'), file('staging-payment-timeout')]

/** A machine on which an agent runs, with its token in a file, as Kubernetes puts it there. */
export class AgentMachine extends Terminal {
  readonly #scene: Scene
  readonly #agent: string
  readonly #started: ChildProcess[] = []

  constructor(scene: Scene, agent = 'remediator') {
    super({ HOTWORK_API: scene.api.url })
    this.#scene = scene
    this.#agent = agent
    this.env['HOTWORK_WORKLOAD_TOKEN_FILE'] = join(this.home, 'token')
    this.logIn()
  }

  logIn(): void {
    writeFileSync(join(this.home, 'token'), this.#scene.workload(`agent-${this.#agent}`))
  }

  /** The command line as a process of its own, which lives in the real time. */
  start(...words: readonly string[]): Started {
    return this.startIn([], ...words)
  }

  /** The environment of a program. Node starts in half the time with the code that other programs have compiled. */
  get programEnv(): { [name: string]: string } {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    return { ...defined({ PATH, NODE_COMPILE_CACHE }), ...defined(this.env) }
  }

  /** The same, under another program. */
  startIn(outer: readonly string[], ...words: readonly string[]): Started {
    return this.startProgram(...outer, process.execPath, join(root, 'client/hotwork.ts'), ...words)
  }

  startProgram(...[program = '', ...rest]: readonly string[]): Started {
    const child = spawn(program, rest, { cwd: this.home, env: this.programEnv })
    this.#started.push(child)
    return new Started(child)
  }

  /** A pending request. */
  async asked(path = prod): Promise<string> {
    return (await this.json('request', path)).body.id
  }

  /** A request that the owner and sre have approved. */
  async approved(path = prod): Promise<string> {
    const id = await this.asked(path)
    await approve(this.#scene, id)
    return id
  }

  override close(): void {
    for (const child of this.#started) child.kill('SIGKILL')
    super.close()
  }
}

/** A running process, and its output so far. */
export class Started {
  readonly child: ChildProcess
  readonly ends: Promise<number | NodeJS.Signals>
  out = ''
  err = ''
  readonly #looks = new Set<() => void>()

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#printed(() => (this.out += text)))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#printed(() => (this.err += text)))
    this.ends = once(child, 'close').then(([code, signal]) => code ?? signal)
  }

  /** @returns the match of the expression in its output on either stream */
  prints(expression: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = expression.exec(this.out) ?? expression.exec(this.err)
        if (!found) return
        this.#looks.delete(look)
        resolve(found)
      }
      this.#looks.add(look)
      void this.ends.then((end) => reject(new Error(`it ended with ${end} and printed\n${this.out}\n${this.err}`)))
      look()
    })
  }

  #printed(add: () => void): void {
    add()
    for (const look of this.#looks) look()
  }
}

export async function approve(scene: Scene, id: string): Promise<void> {
  for (const who of ['ana', 'eve']) await scene.api.world.decide(await scene.state(id), who)
}

/** Moves the scene to the real time, in which processes live. */
export function useRealTime(scene: Scene): void {
  scene.advance(Math.floor(jest.getRealSystemTime() / 1000) - start)
}
