// Rules: test/client/requests/ask.test.ts
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import type { Task } from '../agent/ask.ts'
import { digest, type Journal, remembered } from '../journal/journal.ts'
import { type Begun, type Kept, Keys, keys } from '../journal/keys.ts'
import { type Run, Runs } from '../journal/runs.ts'
import { type Refusal, wrongUsage } from '../outcome.ts'

/** The key of one request, and the members by which another process continues it. */
export type KeptRequest = Kept & { id: string; agent: string; place: string }
export type CommandRun = Run & { id: string; agent: string; became?: 'succeeded' | 'failed' | undefined }

/** The keys of an agent's requests at one Hotwork, and the marks of the commands that run with their rights. */
export class KeptRequests extends Keys {
  readonly runs: Runs

  constructor(journal: Journal, api: string) {
    super(journal, api)
    this.runs = new Runs(journal)
  }

  /** Finds or makes the key of an ask. The same ask gets the same key, so that Hotwork returns the pending request. */
  begin({ context: { justification: _, ...context }, ...ask }: Ask): Promise<Begun> {
    return this.#keyOf(ask, context)
  }

  asked({ kept, place }: Begun, { task }: Task, agent: string): KeptRequest {
    const until = Math.max(Date.parse(task.expires_at), this.journal.now() + 60_000)
    const made = { ...kept, id: task.id, agent, place, until }
    this.journal.put(keys, task.id, made)
    return made
  }

  /** Binds a request made for its agent, such as a step of a plan, to the agent's first key. */
  async take(task: Task, agent: string): Promise<KeptRequest> {
    return this.asked(await this.#keyOf(task.task.id), task, agent)
  }

  notAsked({ place, again }: Begun): void {
    if (!again) this.journal.remove(keys, place)
  }

  find(id: string): KeptRequest | undefined {
    const kept = this.keyAt(id)
    const { agent, place } = kept ?? {}
    return kept && agent !== undefined && place !== undefined ? { ...kept, id, agent, place } : undefined
  }

  missing(id: string): Refusal {
    return wrongUsage(
      `the key of \`${id}\` is not on this machine`,
      `only the machine that asked has it (here it would be in \`${this.journal.folder}\`), and only until the request ends`,
    )
  }

  /** Deletes the key of a request that has ended. */
  override forget(id: string): boolean {
    const place = this.find(id)?.place
    if (place !== undefined) this.journal.remove(keys, place)
    this.runs.forget(id)
    return super.forget(id)
  }

  /** @returns the existing mark, of this or another process */
  beginRun({ id, agent }: Pick<KeptRequest, 'id' | 'agent'>): Run | undefined {
    return this.runs.begin(id, { api: this.api, id, agent })
  }

  /** The commands whose process has died. */
  abandonedRuns(): CommandRun[] {
    return this.runs.abandoned().filter((run): run is CommandRun => run.api === this.api && run.id !== undefined)
  }

  #keyOf(...asked: readonly unknown[]): Promise<Begun> {
    return this.keyFor(`ask-${digest(this.api, ...asked)}`, this.journal.now() + remembered)
  }
}
