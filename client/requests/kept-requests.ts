import * as z from 'zod'
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import type { Task } from '../agent/ask.ts'
import { digest, Kept, type KeptKeys, remembered } from '../kept-keys.ts'
import { type Refusal, wrongUsage } from '../outcome.ts'
import { isAlive, Run, thisRun } from '../run-mark.ts'

/** The key of one request, and what is needed to go on with it in another process. */
const KeptRequest = Kept.extend({
  id: z.string(),
  agent: z.string(),
  /** Where the key is found when the same is asked again. */
  place: z.string(),
})
export type KeptRequest = z.infer<typeof KeptRequest>

/** Which process runs a command with the right of a request, and what became of it if Hotwork was not told yet. */
const CommandRun = Run.extend({
  api: z.string(),
  id: z.string(),
  agent: z.string(),
  became: z.enum(['succeeded', 'failed']).optional(),
})
export type CommandRun = z.infer<typeof CommandRun>

/** A key to ask with. `again`: it is that of an earlier ask, which may be pending. */
export type Begun = { kept: Kept; place: string; again: boolean }

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
    for (const old of this.keys.places(/^(ask-|req_)/)) if (!this.keys.keptAt(old)) this.keys.forget(old)
    const place = `ask-${digest(this.api, ask, context)}`
    return { place, ...(await this.keys.keyAt(place, { api: this.api, until: this.keys.now() + remembered })) }
  }

  asked({ kept, place }: Begun, { task }: Task, agent: string): KeptRequest {
    const until = Math.max(Date.parse(task.expires_at), this.keys.now() + 60_000)
    const made = { ...kept, id: task.id, agent, place, until }
    this.keys.write(task.id, made)
    return made
  }

  /** Of what its agent did not ask for, a step of a plan for one: it is bound to the first key that its agent uses. */
  async take(task: Task, agent: string): Promise<KeptRequest> {
    const place = `ask-${digest(this.api, task.task.id)}`
    const begun = await this.keys.keyAt(place, { api: this.api, until: this.keys.now() + remembered })
    return this.asked({ ...begun, place }, task, agent)
  }

  notAsked({ place, again }: Begun): void {
    if (!again) this.keys.remove(place)
  }

  find(id: string): KeptRequest | undefined {
    const read = KeptRequest.safeParse(this.keys.keptAt(id))
    return read.success && read.data.api === this.api ? read.data : undefined
  }

  missing(id: string): Refusal {
    return wrongUsage(
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
    const isFirst = this.keys.create(runOf(id), { ...thisRun(), api: this.api, id, agent } satisfies CommandRun)
    return isFirst ? undefined : (Run.safeParse(this.keys.read(runOf(id))).data ?? { pid: 0, host: '' })
  }

  /** Before it is told to Hotwork: if that fails, a later process can tell it. A full disk does not keep it from being told. */
  endRun(id: string, became: 'succeeded' | 'failed'): void {
    const run = this.#run(runOf(id))
    try {
      if (run) this.keys.write(runOf(id), { ...run, became })
    } catch {}
  }

  /** Where nothing was begun. */
  takeBackRun(id: string): void {
    this.keys.remove(runOf(id))
  }

  /** The commands whose process has died, before or after it knew what became of them. */
  abandonedRuns(): CommandRun[] {
    this.keys.prune(/^run-req_/, remembered)
    return this.keys.places(/^run-req_/).flatMap((place) => {
      const run = this.#run(place)
      return run && isAlive(run) === false ? [run] : []
    })
  }

  #run(place: string): CommandRun | undefined {
    const read = CommandRun.safeParse(this.keys.read(place))
    return read.success && read.data.api === this.api ? read.data : undefined
  }
}

const runOf = (id: string): string => `run-${id}`
