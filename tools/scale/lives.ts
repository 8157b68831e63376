import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { DynamoAgentRows } from '../../functions/adapters/dynamodb/agent-rows.ts'
import { DynamoLedgerStore } from '../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoPermitStore } from '../../functions/adapters/dynamodb/permit-store.ts'
import { DynamoRequestStore } from '../../functions/adapters/dynamodb/request-store.ts'
import { DynamoWaitStore } from '../../functions/adapters/dynamodb/wait-store.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { Start } from '../../functions/domain/requests/wait.ts'
import type { AgentId, CredentialId, RequestId, ToolId } from '../../functions/domain/values.ts'
import { createHandler as followWorkflow } from '../../functions/handlers/streams/follow-workflow.ts'
import { createHandler as handOn } from '../../functions/handlers/streams/hand-on.ts'
import { CurrentPolicy } from '../../functions/operations/agents/current-policy.ts'
import type { AccessToken } from '../../functions/operations/credentials/ports.ts'
import type { Ids } from '../../functions/operations/ports.ts'
import { keepRate } from '../../functions/operations/rates.ts'
import { completeRequest } from '../../functions/operations/requests/end-request.ts'
import { awaitOutcome } from '../../functions/operations/requests/workflow.ts'
import { beginUse, endUse } from '../../functions/operations/uses/use.ts'
import { askedOnce } from '../../test/support/policies/asked-once.ts'
import { agent, agentKey, issuer, parameter, person, sampleBundle, type What, World } from '../../test/support/world.ts'
import { type Access, type Change, RecordedTables } from './recorded-tables.ts'
import { tableShapes } from './table-shapes.ts'

/** Calls that one request makes of other services, by name. */
export type Counts = { [what: string]: number }
export type Life = { id: string; accesses: readonly Access[]; counts: Counts }

const usesPerRequest = 10
const names = { requests: 'requests', ledger: 'ledger', texts: 'texts' }
const flagService = 'tool:flag-service' as ToolId
/** The agent whose requests wait for a person. Those of `agentAt` need none. */
export const askingAgent = agent('builder')
export const agentAt = (rank: number) => agent(`bot-${rank}`)
export const ownerAt = (rank: number) => person(`owner-${Math.floor(rank / 20)}`)

/** The sample organisation with agents by rank, twenty of an owner, and ten uses of each grant. */
export function organisation(ranks: readonly number[]): Bundle {
  const bundle = structuredClone(sampleBundle())
  for (const { grant } of bundle.ladder.tiers) grant.uses = usesPerRequest
  const rate = { perMinute: 60_000, burst: 10_000 }
  bundle.ladder.limits = { openPerAgent: 1000, openPerOwner: 5000, burst: 20, submissions: rate, evaluations: rate }
  const model = bundle.agents.find(({ id }) => id === agent('remediator'))
  const owner = bundle.directory.people.find(({ id }) => id === person('dan'))
  if (!model || !owner) throw new Error('the sample organisation has changed')
  const agents = ranks.map((rank) => ({ ...model, id: agentAt(rank), owner: ownerAt(rank) }))
  const owners = [...new Set(agents.map((each) => each.owner))].map((id) => ({ ...owner, id }))
  const everyone = [...bundle.agents, ...agents]
  return {
    ...bundle,
    agents: everyone,
    directory: { ...bundle.directory, people: [...bundle.directory.people, ...owners] },
  }
}

/** Ids in the real form, the same in each run. */
class SeededIds implements Ids {
  #last = 0
  readonly #next = (prefix: string, letters = 26) => {
    this.#last += 1
    const digest = createHash('sha256').update(`${prefix} ${this.#last}`).digest('hex')
    return `${prefix}_${digest.slice(0, letters)}` as never
  }
  readonly request = () => this.#next('req')
  readonly opening = () => this.#next('bgl')
  readonly credential = () => this.#next('crd')
  readonly use = (request: RequestId) => this.#next(`use_${request}`, 8)
  readonly standIn = () => this.#next('sin')
  readonly question = () => this.#next('qst')
  readonly halt = () => this.#next('hlt')
  readonly evaluation = () => this.#next('evl')
}

/**
 * The real operations, policies and followers of the stream over the real stores, in tables that record each access.
 */
export class ScaleWorld extends World {
  readonly #tables = new RecordedTables(tableShapes())
  readonly #stores: Pick<World['ports'], 'requests' | 'ledger'> & { agents: DynamoAgentRows }
  readonly #seeded = new SeededIds()
  readonly #followers: { handOn: ReturnType<typeof handOn>; workflow: ReturnType<typeof followWorkflow> }
  #counts: Counts = {}
  #accesses: Access[] = []
  #task = ''

  constructor(ranks: readonly number[], shards: number) {
    const bundle = organisation(ranks)
    super(bundle)
    const connection = this.#tables.connection(shards)
    this.#stores = {
      requests: new DynamoRequestStore(connection, names),
      ledger: new DynamoLedgerStore(connection, names),
      agents: new DynamoAgentRows(connection, names),
    }
    Object.assign(this, { permits: new DynamoPermitStore(connection, names) })
    this.policy = new CurrentPolicy(askedOnce(bundle), { ...this.#stores, clock: this.clock, log: this.log })
    for (const [port, method, what] of [
      [this.signer, 'sign', 'KMS signatures'],
      [this.broker, 'assume', 'STS sessions'],
    ] as const)
      this.#counting(port, method, what)
    this.#followers = this.#makeFollowers(new DynamoWaitStore(connection, 'waits'), bundle)
  }

  /** Stores a look at each agent's host, which IAM denies all, as a deployment has after its first look. */
  async lookAtHosts(): Promise<void> {
    for (const { id } of this.policy.bundle.agents) {
      const looked = this.agents.firstLook(id)
      if (looked) await this.#stores.agents.saveLooked(id, looked)
    }
  }

  override evaluate(...[what, approval, changes]: Parameters<World['evaluate']>) {
    return super.evaluate(what, approval, { parentTask: { id: this.#task }, ...changes })
  }

  override get ports(): World['ports'] {
    return { ...super.ports, ...this.#stores, ids: this.#seeded }
  }

  override async stored(id: RequestId): Promise<ApprovalRequest> {
    const stored = await this.#stores.requests.load(id)
    if (!stored) throw new Error(`no ${id}`)
    return stored.state
  }

  /** A request that is submitted, claimed, used ten times and completed, with all that follows the record. */
  async byToken(rank: number, n: number): Promise<Life> {
    const flag = `flag-${n % 200}`
    const shown = { environment: 'staging', flag, value: true }
    const what = {
      ...{ agent: agentAt(rank), action: 'flags:set', arguments: shown },
      resource: { type: 'flags:flag', id: `staging/${flag}` },
    }
    return this.#live(what, (request) => this.#useToken(request, shown))
  }

  async byAws(rank: number, n: number): Promise<Life> {
    const what = { ...parameter(`/staging/checkout/p-${n % 200}`), agent: agentAt(rank) }
    return this.#live(what, async (request) => {
      const token = await this.#claim(request)
      const issued = await this.issueAws(request, token.jti)
      if (!issued.ok) throw new Error(issued.code)
    })
  }

  /** A request that one person decides. */
  async byPerson(n: number): Promise<Life> {
    const flag = `flag-${n % 200}`
    const shown = { environment: 'prod', flag, value: true }
    const what = {
      ...{ agent: askingAgent, action: 'flags:set', arguments: shown, purpose: 'release' },
      resource: { type: 'flags:flag', id: `prod/${flag}` },
    }
    return this.#live(what, async (request) => {
      const decided = await this.decide(request, 'ana')
      if (!decided.ok) throw new Error(decided.code)
      await this.#follow()
      await this.#useToken(request, shown)
    })
  }

  async #live(what: What, then: (request: ApprovalRequest) => Promise<void>): Promise<Life> {
    this.clock.advance(1)
    this.#tables.take()
    this.#accesses = []
    this.#counts = {}
    for (const kind of ['evaluations', 'submissions'] as const)
      await keepRate(what.agent as AgentId, kind, 1, this.ports)
    this.#task = `INC-${this.clock.now()}`
    const request = await this.submitted(what, { parentTask: { id: this.#task } })
    this.#count('requests', 1)
    await this.#follow()
    await then(request)
    const { id, agent: asker } = request.ask
    const done = await completeRequest({ id, agent: asker.id, outcome: 'succeeded' }, this.ports)
    if (!done.ok) throw new Error(done.code)
    this.#count('API calls', 2 + 1)
    await this.#follow()
    return { id, accesses: this.#accesses, counts: this.#counts }
  }

  async #claim(request: ApprovalRequest): Promise<AccessToken> {
    const issued = await this.issueToken(request)
    if (!issued.ok) throw new Error(issued.code)
    this.#count('API calls', 2)
    const jti = decodeJwt(issued.value.token).jti as CredentialId
    const { id, agent: asker } = request.ask
    return {
      ...{ jti, request: id, agent: asker.id, audience: issuer, jkt: agentKey },
      expiresAt: this.clock.now() + 900,
    }
  }

  async #useToken(request: ApprovalRequest, shown: What['arguments']): Promise<void> {
    const token = await this.#claim(request)
    for (let use = 0; use < usesPerRequest; use++) {
      const ask = {
        tool: flagService,
        token,
        action: 'flags:set',
        arguments: shown,
        key: `use ${use}`,
        once: this.proof(),
      }
      const begun = await beginUse(ask, this.ports)
      if (!begun.ok) throw new Error(begun.code)
      const ended = await endUse({ id: begun.value.use, tool: flagService, outcome: 'succeeded' }, this.ports)
      if (!ended.ok) throw new Error(ended.code)
      await this.#follow()
      this.#count('API calls', 2)
    }
  }

  #makeFollowers(waits: DynamoWaitStore, bundle: Bundle) {
    const queue = (name: string) => ({ send: async (all: readonly unknown[]) => this.#count(name, all.length) })
    const workflow = {
      start: async (request: RequestId, { wait }: Start) => {
        this.#count('executions', 1)
        const record = { request, wait, attempt: '1', taskToken: 'token', expiresAt: this.clock.now() + 86_400 }
        await awaitOutcome(record, { requests: this.#stores.requests, waits, workflow, clock: this.clock })
      },
      endWait: async () => {
        this.#count('task signals', 1)
        return 'sent' as const
      },
    }
    const { clock, log } = this
    return {
      handOn: handOn({
        ...{ cards: queue('cards'), denies: queue('denies'), clicks: queue('clicks'), reminders: queue('reminders') },
        ...{ changes: queue('changes'), deliveries: queue('deliveries'), bundle, targetRoles: [], clock, log },
      }),
      workflow: followWorkflow({
        requests: this.#stores.requests,
        waits,
        workflow,
        follow: queue('follow'),
        ...{ runs: { start: async () => this.#count('executions', 1) }, looks: queue('looks'), runsMachine: 'runs' },
        clock,
        log,
      }),
    }
  }

  /** Follows the stream since the last call. */
  async #follow(): Promise<void> {
    for (let more = true; more; ) {
      const { accesses, changes } = this.#tables.take()
      this.#accesses.push(...accesses)
      for (const change of changes) await this.#followRecord(change)
      more = changes.length > 0
    }
  }

  async #followRecord({ table, before, after }: Change): Promise<void> {
    if (table === 'ledger') this.#count('entries', 1)
    if (table !== 'requests' || !after['pk']?.S?.startsWith('REQ#')) return
    const images = { Keys: { pk: after['pk'] }, NewImage: after, ...(before && { OldImage: before }) }
    const record = { eventName: before ? 'MODIFY' : 'INSERT', dynamodb: { ...images, SequenceNumber: '1' } } as never
    // The filter of the stream's functions, as in infra/constructs/record-followers.ts and approval-workflow.ts.
    const tells = after['tells']?.S
    const { handOn, workflow } = this.#followers
    const readers = [...(tells === 'nothing' ? [] : [handOn]), ...(tells === 'all' ? [workflow] : [])]
    this.#count('records to readers', readers.length)
    const told = []
    for (const reader of readers) told.push(await reader({ Records: [record] }))
    if (told.some(({ batchItemFailures }) => batchItemFailures.length > 0)) throw new Error('a record was not followed')
  }

  #count(what: string, many: number): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + many
  }

  #counting(port: object, method: string, what: string): void {
    const real = Reflect.get(port, method) as (...args: unknown[]) => unknown
    Object.assign(port, {
      [method]: (...args: unknown[]) => {
        this.#count(what, 1)
        return real.apply(port, args)
      },
    })
  }
}
