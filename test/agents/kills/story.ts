import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallFate } from '../../client/support/api-server.ts'
import { type Answer, Gone, Host } from './host.ts'
import { action, type Hotwork, usesOf } from './hotwork.ts'
import type { Kill, Plan } from './plan.ts'
import { type Final, finalOf } from './reading.ts'
import type { Point, Servers } from './servers.ts'

/** One gated call from the first try to its answer, however often its programs are killed meanwhile. */

/** Paths of files. `cache`: the folder of Node's compile cache. */
export type Programs = { gate: string; points: string; server: string; cache: string }
export type Around = { hotwork: Hotwork; servers: Servers; programs: Programs }

/** The outcome. `killed`: the kills, each with its point of the call. */
export type Told = { killed: string[]; final: Final | 'none'; wrong: string[]; err?: string }

/** Milliseconds. A run that takes longer is stuck. */
const longest = 90_000
/** More lives than any plan has kills. */
const mostLives = 12

export class Story {
  readonly plan: Plan
  readonly #around: Around
  readonly #folder = mkdtempSync(join(tmpdir(), 'hotwork-kills-'))
  readonly #task: string
  readonly #call: { path: string; content: string }
  readonly #killed: string[] = []
  readonly #wrong: string[] = []
  readonly #pids = new Set<number>()
  /** The calls that arrived at the server, and those that it has executed. */
  #received = 0
  /** Whether the answer of a call may be lost for good, since its holder was killed. */
  #lost = false
  #isDenied = false
  #taskId: string | undefined
  #texts = ''

  constructor(plan: Plan, around: Around) {
    this.plan = plan
    this.#around = around
    // A seed may be repeated on one Hotwork.
    const name = `${plan.seed}-${randomUUID().slice(0, 8)}`
    this.#task = `KILL-${name}`
    this.#call = { path: `${plan.environment}/${name}.txt`, content: `of ${name}` }
    mkdirSync(join(this.#folder, 'state'), { mode: 0o700 })
  }

  async tell(): Promise<Told> {
    const { servers } = this.#around
    let final: Final | undefined
    servers.listen(this.#task, (point) => this.#onServer(point))
    try {
      const end = Date.now() + longest
      for (const kill of [...this.plan.kills, ...Array<undefined>(mostLives)]) {
        final = await this.#live(kill)
        if (final || Date.now() > end) break
      }
      if (!final) this.#wrong.push('the host never has an answer')
      else await this.#judge(final)
      const told = this.#wrong.length > 0 ? { err: this.#texts.slice(-3000) } : {}
      return { killed: this.#killed, final: final ?? 'none', wrong: this.#wrong, ...told }
    } finally {
      servers.forget(this.#task)
      for (const pid of this.#pids) end(pid)
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  #kill: Kill | undefined
  #host: Host | undefined
  #seen = 0
  #calls = 0

  /** One life of a host and its gate: until there is an answer, or a kill. */
  async #live(kill: Kill | undefined): Promise<Final | undefined> {
    this.#kill = kill
    this.#seen = 0
    this.#calls = 0
    this.#around.hotwork.meet = (call) => this.#onHotwork(call)
    const hosts = Array.from({ length: this.plan.hosts }, (_, index) =>
      this.#start(index, index === 0 ? kill : undefined),
    )
    this.#host = hosts[0]
    const all = await Promise.all(hosts.map((host) => this.#askUntilAnswered(host)))
    await this.#around.servers.quiet(this.#task)
    for (const host of hosts) this.#texts += host.err
    const finals = all.filter((each) => each !== undefined)
    if (new Set(finals.map((each) => JSON.stringify(each))).size > 1)
      this.#wrong.push(`repeats have other answers: ${JSON.stringify(finals)}`)
    return finals[0]
  }

  #start(index: number, kill: Kill | undefined): Host {
    const { gate, points, server, cache } = this.#around.programs
    const { hotwork, servers } = this.#around
    const map = join(this.#folder, 'map.json')
    const tools = { write_file: { action } }
    const parts = { server: servers.as, purpose: 'release', parent_task: { id: this.#task }, tools }
    writeFileSync(map, JSON.stringify(parts))
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: this.#folder, NODE_COMPILE_CACHE: cache },
      ...{ HOTWORK_API: hotwork.api.url, XDG_STATE_HOME: join(this.#folder, 'state') },
      ...hotwork.identify(this.#folder),
      ...{
        KILLS_POINTS: join(this.#folder, `points-${index}`),
        KILLS_AT: kill?.victim === 'gate' ? `${kill.at}` : '0',
      },
      ...{ KILLS_SOCKET: servers.path, KILLS_RUN: this.#task, KILLS_EXECUTED: join(this.#folder, 'executed') },
      ...{ KILLS_SERVER: servers.as.name, KILLS_VERSION: servers.as.version },
    }
    writeFileSync(env.KILLS_POINTS, '')
    const words = [process.execPath, '--import', points, gate, 'mcp', '--map', map, '--', process.execPath, server]
    const host = new Host(words, env, (message) => this.#see(`host: ${message}`))
    host.gate.once('exit', (_code, signal) => {
      if (signal !== 'SIGKILL') return
      const passed = readFileSync(env.KILLS_POINTS, 'utf8').trimEnd().split('\n')
      this.#note('gate', passed.at(-1) ?? 'its start')
      // It had announced the call, and had not kept the outcome.
      const has = (point: RegExp) => passed.some((each) => point.test(each))
      if (has(/linkSync .*run-/) && !has(/after linkSync .*ended-/)) this.#lost = true
    })
    return host
  }

  async #askUntilAnswered(host: Host): Promise<Final | undefined> {
    try {
      await host.open()
      for (const end = Date.now() + longest; Date.now() < end; ) {
        const calls = Array.from({ length: this.plan.atOnce }, () => this.#ask(host))
        const answers = await Promise.all(calls)
        const finals = answers.map(finalOf).filter((each) => each !== 'not yet')
        if (finals.length === answers.length) {
          const again = finalOf(await this.#ask(host))
          for (const each of [...finals, again])
            if (JSON.stringify(each) !== JSON.stringify(finals[0]))
              this.#wrong.push(`a repeat has another answer: ${JSON.stringify([finals[0], each])}`)
          return finals[0]
        }
        await sleep(100)
      }
      return undefined
    } catch (gone) {
      if (!(gone instanceof Gone)) throw gone
      return undefined
    } finally {
      await this.#leave(host)
    }
  }

  async #ask(host: Host): Promise<Answer> {
    const answer = this.plan.byTask ? await this.#askByTask(host) : await host.ask('tools/call', this.#params())
    this.#texts += JSON.stringify(answer)
    return answer
  }

  /** A host that knows a task asks for it, and does not repeat the call. */
  async #askByTask(host: Host): Promise<Answer> {
    if (this.#taskId === undefined) {
      const answer = await host.ask('tools/call', { ...this.#params(), task: {} })
      const { taskId } = Object(answer.result?.['task']) as { taskId?: string }
      if (taskId === undefined) return answer
      // A task that was refused at once lives as long as its gate.
      if (taskId.startsWith('req_')) this.#taskId = taskId
      return host.ask('tasks/result', { taskId })
    }
    return host.ask('tasks/result', { taskId: this.#taskId })
  }

  #params(): object {
    return { name: 'write_file', arguments: this.#call }
  }

  /** A gate that outlives its host brings its call to an end, and exits. */
  async #leave(host: Host): Promise<void> {
    const late = setTimeout(() => {
      this.#wrong.push('the gate does not end')
      host.gate.kill('SIGKILL')
    }, 20_000)
    await host.close()
    clearTimeout(late)
  }

  /** Counts a visible event: the host may be killed by it. */
  #see(event: string): void {
    this.#seen += 1
    if (this.#kill?.victim !== 'host' || this.#kill.at !== this.#seen) return
    this.#note('host', event)
    this.#host?.kill()
  }

  async #onHotwork(call: string): Promise<CallFate> {
    this.#see(`Hotwork: ${call}`)
    if (await this.#around.hotwork.decide(this.#task, this.plan.verdict)) this.#isDenied = this.plan.verdict === 'deny'
    this.#calls += 1
    const kill = this.#kill
    if (kill?.victim !== 'Hotwork' || this.#calls < kill.at || this.#calls >= kill.at + kill.times) return 'answered'
    this.#note('Hotwork', `${call}: ${kill.fate}`)
    if (kill.fate !== 'commit lost' && kill.fate !== 'commit unheard') return kill.fate
    this.#around.hotwork.api.world.requests.failNextCommit(kill.fate === 'commit lost' ? 'answer_lost' : 'unheard')
    return 'answered'
  }

  /** @returns the word for the server; undefined if it is dead */
  async #onServer({ point, pid, call }: Point): Promise<string | undefined> {
    this.#pids.add(pid)
    this.#see(`server: ${point}`)
    if (point === 'received') await this.#mustBeGated(call)
    const kill = this.#kill
    if (kill?.victim !== 'server' || !point.startsWith(kill.at === 'half' ? 'answering' : kill.at)) return 'go on'
    this.#kill = undefined
    this.#note('server', kill.at)
    // An answer that it has sent will arrive.
    if (kill.at !== 'started' && kill.at !== 'answered') this.#lost = true
    if (kill.at === 'half') return 'half'
    end(pid)
    return undefined
  }

  /** Before execution: people or policy have permitted it, and its use is on record. */
  async #mustBeGated(call: unknown): Promise<void> {
    this.#received += 1
    const requests = await this.#around.hotwork.requestsOf(this.#task)
    const uses = requests.filter(({ status }) => status !== 'pending' && status !== 'denied').flatMap(usesOf)
    if (uses.length < this.#received) this.#wrong.push(`ungated run: ${uses.length} uses, ${this.#received} calls`)
    if (JSON.stringify(call) !== JSON.stringify(this.#call)) this.#wrong.push(`another call: ${JSON.stringify(call)}`)
  }

  async #judge(final: Final): Promise<void> {
    const executed = this.#executed()
    const requests = await this.#around.hotwork.requestsOf(this.#task)
    if (executed > 1) this.#wrong.push(`double run: executed ${executed} times`)
    if (requests.length !== 1) this.#wrong.push(`${requests.length} requests`)
    if (this.#isDenied) {
      if (final.state !== 'denied' || executed > 0) this.#wrong.push(`denied, and yet ${final.state}, ${executed} runs`)
    } else if (final.state === 'unknown') {
      if (!this.#lost) this.#wrong.push('outcome unknown, and nothing was lost')
    } else if (final.state !== 'done') this.#wrong.push(`approved, and yet ${JSON.stringify(final)}`)
    else if (executed !== 1) this.#wrong.push(`a result of ${executed} runs`)
    if (await this.#isOpen()) {
      // Hotwork was down at the end of the call: a later gate reports it.
      await this.#live(undefined)
      if (await this.#isOpen()) this.#wrong.push('the request has no end on record')
    }
    if (/eyJ[\w-]{20}/.test(this.#texts)) this.#wrong.push('a token in what is told')
  }

  async #isOpen(): Promise<boolean> {
    const requests = await this.#around.hotwork.requestsOf(this.#task)
    return requests.some(({ status }) => status === 'pending' || status === 'approved')
  }

  #executed(): number {
    const file = join(this.#folder, 'executed')
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0
  }

  #note(victim: Kill['victim'], point: string): void {
    this.#killed.push(`${victim} at ${point}`)
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
