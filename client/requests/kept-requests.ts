import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import type { Ask, Task } from '../agent/ask.ts'
import { Kept, type KeptKeys } from '../kept-keys.ts'
import { wrongUsage } from '../outcome.ts'

/** The key of one request, and what is needed to go on with it in another process. */
const KeptRequest = Kept.extend({
  id: z.string(),
  agent: z.string(),
  /** Where the key is found when the same is asked again. */
  place: z.string(),
})
export type KeptRequest = z.infer<typeof KeptRequest>

/** Which process runs a command with the right of a request. */
const Run = z.looseObject({
  api: z.string(),
  id: z.string(),
  agent: z.string(),
  pid: z.number(),
  born: z.string(),
  /** Milliseconds. */
  at: z.number(),
  /** Known, and not told to Hotwork yet. */
  outcome: z.enum(['succeeded', 'failed']).optional(),
})
export type Run = z.infer<typeof Run>

/** A key to ask with. `again`: it is that of an earlier ask, which may be pending. */
export type Begun = { kept: Kept; place: string; again: boolean }

/** The server knows a request that long. Milliseconds. */
const eightDays = 8 * 86_400_000

/** The keys of an agent's requests at one Hotwork, and the marks of the commands that run with their rights. */
export class KeptRequests {
  readonly keys: KeptKeys
  readonly api: string

  constructor(keys: KeptKeys, api: string) {
    this.keys = keys
    this.api = api
  }

  /** The same key for the same ask, so that Hotwork answers with the request that is pending. */
  async begin({ context: { justification: _, ...context }, ...ask }: Ask): Promise<Begun> {
    const digest = createHash('sha256')
      .update(JSON.stringify([this.api, ask, context]))
      .digest('hex')
    const place = `ask-${digest.slice(0, 32)}`
    return { place, ...(await this.keys.keyAt(place, { api: this.api, until: this.keys.now() + eightDays })) }
  }

  asked({ kept, place }: Begun, { task }: Task, agent: string): KeptRequest {
    const until = Math.max(Date.parse(task.expires_at), this.keys.now() + 60_000)
    const made = { ...kept, id: task.id, agent, place, until }
    this.keys.write(task.id, made)
    return made
  }

  notAsked({ place, again }: Begun): void {
    if (!again) this.keys.remove(place)
  }

  find(id: string): KeptRequest | undefined {
    const read = KeptRequest.safeParse(this.keys.keptAt(id))
    return read.success && read.data.api === this.api ? read.data : undefined
  }

  /** @throws Refusal */
  mustFind(id: string): KeptRequest {
    const found = this.find(id)
    if (found) return found
    throw wrongUsage(
      `the key of \`${id}\` is not on this machine`,
      `only the machine that asked has it (here it would be in \`${this.keys.folder}\`), and only until the request ends`,
    )
  }

  /** Of a request that has ended. */
  forget(id: string): void {
    const place = this.find(id)?.place
    if (place !== undefined) this.keys.remove(place)
    this.keys.forget(id)
    this.keys.remove(runOf(id))
  }

  /** @returns the mark that stands there already, of this or another process */
  beginRun({ id, agent }: Pick<KeptRequest, 'id' | 'agent'>): Run | undefined {
    const mine: Run = {
      api: this.api,
      id,
      agent,
      pid: process.pid,
      born: birthOf(process.pid) ?? '',
      at: this.keys.now(),
    }
    return this.keys.create(runOf(id), mine) ? undefined : this.run(id)
  }

  /** Before it is told to Hotwork: if that fails, a later process can tell it. */
  endRun(id: string, outcome: 'succeeded' | 'failed'): void {
    const run = this.run(id)
    if (run) this.keys.write(runOf(id), { ...run, outcome })
  }

  /** Where nothing was begun. */
  takeBackRun(id: string): void {
    this.keys.remove(runOf(id))
  }

  run(id: string): Run | undefined {
    const read = Run.safeParse(this.keys.read(runOf(id)))
    return read.success && read.data.api === this.api ? read.data : undefined
  }

  /** The runs whose process has died, before or after it knew the outcome. */
  abandonedRuns(): Run[] {
    return this.keys.places(/^run-req_/).flatMap((place) => {
      const run = this.run(place.slice('run-'.length))
      if (!run || isAlive(run)) return []
      if (run.at > this.keys.now() - eightDays) return [run]
      this.keys.remove(place)
      return []
    })
  }
}

const runOf = (id: string): string => `run-${id}`

export const isAlive = ({ pid, born }: Run): boolean => birthOf(pid) === born

/** When a process began, which tells it from a later one of the same number; undefined where there is none. */
function birthOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  try {
    // proc(5): the 22nd field; the second one, the name, may hold spaces.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
