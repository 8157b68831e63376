import { sizeOfGoverned } from '../../../functions/adapters/dynamodb/governed-rows.ts'
import type { Activity, AgentFile, Certified, Looked, Subject } from '../../../functions/domain/agents/agent-file.ts'
import type { GovernedRegistry } from '../../../functions/domain/agents/governed-registry.ts'
import type { Place } from '../../../functions/domain/agents/host-change.ts'
import type { RolesLooked } from '../../../functions/domain/agents/unknown-roles.ts'
import { type AgentId, defined } from '../../../functions/domain/values.ts'
import type { AgentRows, CertifiedChange } from '../../../functions/operations/agents/ports.ts'
import type { PlatformRoleStore } from '../../../functions/operations/agents/unknown-roles.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'

/** Stored rows of agents, in memory. Entries go where all entries go. */
export class MemoryAgentRows implements AgentRows, PlatformRoleStore {
  readonly #ledger: MemoryLedgerStore
  readonly #certified = new Map<Subject, Certified>()
  readonly #looked = new Map<AgentId, Looked>()
  readonly #roles = new Map<string, RolesLooked>()
  readonly #heard = new Map<Place, { at: number }>()
  readonly #activity = new Map<AgentId, Activity>()
  /** The number of reads, each of which costs a call. */
  reads = 0
  /** The fault that each read throws. */
  fault: Error | undefined
  /** The same for the registry. */
  registryReads = 0
  registryFault: Error | undefined

  /** The look at an agent's host as long as none is saved. */
  firstLook: (agent: AgentId) => Looked | undefined = () => undefined

  constructor(ledger: MemoryLedgerStore) {
    this.#ledger = ledger
  }

  async certified(subjects: readonly Subject[]) {
    await this.#read()
    return new Map(subjects.flatMap((each) => entryOf(each, this.#certified.get(each))))
  }

  async host(agent: AgentId) {
    await this.#read()
    return structuredClone(
      defined({ looked: this.#looked.get(agent) ?? this.firstLook(agent), activity: this.#activity.get(agent) }),
    )
  }

  async files(agents: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentFile>> {
    await this.#read()
    const fileOf = (agent: AgentId): AgentFile =>
      defined({
        certified: this.#certified.get(agent),
        looked: this.#looked.get(agent),
        activity: this.#activity.get(agent),
      })
    return new Map(agents.map((agent) => [agent, structuredClone(fileOf(agent))]))
  }

  async saveLooked(agent: AgentId, looked: Looked): Promise<boolean> {
    await Promise.resolve()
    return saveNewest(this.#looked, agent, looked)
  }

  async heard(places: readonly Place[]) {
    await this.#read()
    return new Map(places.flatMap((each) => entryOf(each, this.#heard.get(each)?.at)))
  }

  async saveHeard(place: Place, at: number): Promise<boolean> {
    await Promise.resolve()
    return saveNewest(this.#heard, place, { at })
  }

  async saveActivity(agent: AgentId, activity: Activity): Promise<boolean> {
    await Promise.resolve()
    return saveNewest(this.#activity, agent, activity)
  }

  async platformRoles(accounts: readonly string[]) {
    await this.#read()
    return new Map(accounts.flatMap((each) => entryOf(each, this.#roles.get(each))))
  }

  async savePlatformRoles(account: string, looked: RolesLooked): Promise<boolean> {
    await Promise.resolve()
    return saveNewest(this.#roles, account, looked)
  }

  async certify({ subject, certified, registry, ...appended }: CertifiedChange): Promise<boolean> {
    await Promise.resolve()
    const { expected, entries, head, texts = [] } = appended
    if (registry && !this.#ledger.isNextRegistry(registry)) return false
    if (!this.#ledger.appendNow(subject, expected, entries, head)) return false
    this.#ledger.texts.put(texts)
    if (certified) this.#certified.set(subject, structuredClone(certified))
    if (registry) this.#ledger.governed = structuredClone(registry)
    return true
  }

  sizeOf = sizeOfGoverned

  async governed(known?: GovernedRegistry): Promise<GovernedRegistry> {
    await Promise.resolve()
    this.registryReads += 1
    if (this.registryFault) throw this.registryFault
    const { governed } = this.#ledger
    return known?.version === governed.version ? known : structuredClone(governed)
  }

  async #read(): Promise<void> {
    await Promise.resolve()
    this.reads += 1
    if (this.fault) throw this.fault
  }
}

const entryOf = <K, V>(key: K, value: V | undefined): readonly (readonly [K, V])[] =>
  value === undefined ? [] : [[key, structuredClone(value)]]

function saveNewest<V extends { at: number }>(rows: Map<string, V>, agent: string, value: V): boolean {
  const before = rows.get(agent)
  if (before && before.at > value.at) return false
  rows.set(agent, structuredClone(value))
  return true
}
