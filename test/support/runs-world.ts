import { JmesPathExpressions } from '../../functions/adapters/jmespath/expressions.ts'
import type { Ask } from '../../functions/domain/record/request.ts'
import type { CredentialId, Digest, JsonObject, UseId } from '../../functions/domain/values.ts'
import { CatalogueStateReader } from '../../functions/operations/previews/read-state.ts'
import type { CallMaker, CallResult, Found, LookedUp, RunFollower, RunSeen } from '../../functions/targets/reach.ts'
import { bundleOfRuns, runsAs } from './runs.ts'
import { World } from './world.ts'

/** The description of a run: its digest, its role and what it leaves open. */
export const described = (changes: JsonObject = {}): JsonObject => ({
  digest: `sha-256:${'d'.repeat(43)}`,
  runsAs,
  open: ['step 2 runs the document `other` without a version'],
  ...changes,
})

/** A target whose runs start once for each key, and which tells how they go. */
export class MemoryRuns implements CallMaker, RunFollower {
  readonly kind = 'aws'
  /** By once-only key: each call that reached the target. */
  readonly calls: string[] = []
  readonly started = new Map<string, RunSeen>()
  readonly cancelled: string[] = []
  /** The digest of the approved reading that the last look had. */
  shows: Digest | undefined
  description: JsonObject | 'denied' | 'unfit' = described()
  /** True if the target has a key by which it starts a run once. */
  readonly hasKey: boolean

  constructor(hasKey = true) {
    this.hasKey = hasKey
  }

  async describe(): Promise<Found> {
    if (this.description === 'denied') return { found: 'failed', why: 'denied', fault: 'AccessDenied' }
    if (this.description === 'unfit')
      return { found: 'failed', why: 'unreadable', fault: 'express_machine', words: '`express_machine`: no' }
    return { found: 'answer', answer: this.description }
  }

  async make(_ask: Ask, _credential: CredentialId, _expected: JsonObject | undefined, use: UseId): Promise<CallResult> {
    this.calls.push(use)
    const run = `run-${this.hasKey ? use : `${use}-${this.calls.length}`}`
    if (!this.started.has(run)) this.started.set(run, { seen: 'running' })
    return { outcome: 'started', run, output: { id: run } }
  }

  async lookUp(_ask: Ask, { id }: { id: UseId }): Promise<LookedUp> {
    if (!this.hasKey) return { found: 'unknown' }
    return this.started.has(`run-${id}`) ? { found: 'started', run: `run-${id}` } : { found: 'not_done' }
  }

  async look(_ask: Ask, run: string, shows: Digest | undefined): Promise<RunSeen> {
    this.shows = shows
    const seen = this.started.get(run)
    if (!seen) throw new Error('no such run')
    return seen
  }

  async cancel(_ask: Ask, run: string): Promise<'sent'> {
    this.cancelled.push(run)
    if (this.started.get(run)?.seen === 'running') this.started.set(run, { seen: 'ended', succeeded: false })
    return 'sent'
  }

  end(run: string, succeeded = true): void {
    this.started.set(run, { seen: 'ended', succeeded })
  }
}

/** The sample's people and policies with runs, whose definitions are read as in production. */
export class WorldOfRuns extends World {
  readonly runs: MemoryRuns

  constructor(runs = new MemoryRuns(), bundle = bundleOfRuns()) {
    super(bundle)
    this.runs = runs
    const { policy, clock, log } = this
    const aws = { canRead: () => true, read: () => this.runs.describe() }
    const stateKey = { read: async () => 'a key' }
    const ports = { policy, clock, log, readers: { aws }, expressions: new JmesPathExpressions(), stateKey }
    Object.assign(this, { reader: new CatalogueStateReader(ports) })
  }

  get runPorts() {
    return { ...this.ports, targetRole: this.targetRole, reach: this.runs, follower: this.runs }
  }
}
