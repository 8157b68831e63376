import * as z from 'zod'
import { Activity, type AgentFile, Certified, Looked, type Subject } from '../../domain/agents/agent-file.ts'
import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import type { Place } from '../../domain/agents/host-change.ts'
import { RolesLooked } from '../../domain/agents/unknown-roles.ts'
import { type AgentId, defined, NumericDate } from '../../domain/values.ts'
import type { AgentRows, CertifiedChange } from '../../operations/agents/ports.ts'
import type { PlatformRoleStore } from '../../operations/agents/unknown-roles.ts'
import { chainKey } from './chain-ends.ts'
import { puttingGoverned, readGoverned, sizeOfGoverned } from './governed-rows.ts'
import { endsAt, headRow, type Item, itemOf, noneIsNewer, type Row, textOf, valueIn } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/**
 * `CERTIFIED#<subject>`, which changes in one transaction with the end of the subject's chain; `LOOKED#<agent>` and
 * `OBSERVED#<agent>`, which keep the newest.
 */
export class DynamoAgentRows extends LedgeredStore implements AgentRows, PlatformRoleStore {
  async certified(subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, Certified>> {
    const items = await this.#read(subjects.map(certifiedKey))
    return new Map(
      subjects.flatMap((subject) => {
        const certified = readValue(items, certifiedKey(subject), Certified)
        return certified ? [[subject, certified] as const] : []
      }),
    )
  }

  async host(agent: AgentId): Promise<Pick<AgentFile, 'looked' | 'activity'>> {
    return hostOf(await this.#read([lookedKey(agent), activityKey(agent)]), agent)
  }

  async files(agents: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentFile>> {
    const keys = agents.flatMap((agent) => [certifiedKey(agent), lookedKey(agent), activityKey(agent)])
    const items = await this.#read(keys)
    return new Map(
      agents.map((agent) => {
        const certified = readValue(items, certifiedKey(agent), Certified)
        return [agent, { ...defined({ certified }), ...hostOf(items, agent) }]
      }),
    )
  }

  saveLooked(agent: AgentId, looked: Looked): Promise<boolean> {
    return this.#saveNewest(lookedKey(agent), looked)
  }

  async heard(places: readonly Place[]): Promise<ReadonlyMap<Place, NumericDate>> {
    const items = await this.#read(places.map(heardKey))
    return new Map(
      places.flatMap((place) => {
        const heard = readValue(items, heardKey(place), Heard)
        return heard ? [[place, heard.at] as const] : []
      }),
    )
  }

  saveHeard(place: Place, at: NumericDate): Promise<boolean> {
    return this.#saveNewest(heardKey(place), { at })
  }

  saveActivity(agent: AgentId, activity: Activity): Promise<boolean> {
    return this.#saveNewest(activityKey(agent), activity)
  }

  async platformRoles(accounts: readonly string[]): Promise<ReadonlyMap<string, RolesLooked>> {
    const items = await this.#read(accounts.map(rolesKey))
    return new Map(
      accounts.flatMap((account) => {
        const looked = readValue(items, rolesKey(account), RolesLooked)
        return looked ? [[account, looked] as const] : []
      }),
    )
  }

  savePlatformRoles(account: string, looked: RolesLooked): Promise<boolean> {
    return this.#saveNewest(rolesKey(account), looked)
  }

  async certify({ subject, certified, registry, expected, entries, head, texts }: CertifiedChange): Promise<boolean> {
    const items = [
      this.requests.putting({ ...chainKey(subject), ...headRow(head) }, endsAt(expected)),
      ...(certified ? [this.requests.putting({ ...certifiedKey(subject), value: JSON.stringify(certified) })] : []),
      ...(registry ? puttingGoverned(this.requests, registry) : []),
    ]
    return (await this.commitAll(items, { entries, texts }, `recertify \`${subject}\``)).done
  }

  governed(known?: GovernedRegistry): Promise<GovernedRegistry> {
    return readGoverned(this.requests, known)
  }

  sizeOf = sizeOfGoverned

  #saveNewest(key: Row, value: Looked | Activity | RolesLooked | Heard): Promise<boolean> {
    const { at } = value
    const put = this.requests.putting({ ...key, value: JSON.stringify(value), at }, noneIsNewer(at))
    return this.requests.put(put, 'keep what is known of an agent')
  }

  async #read(keys: readonly Key[]): Promise<ReadonlyMap<string, Item>> {
    if (keys.length === 0) return new Map()
    const items = await this.requests.getMany(keys.map(itemOf), 'read what is stored of agents')
    return new Map(items.map((item) => [textOf(item, 'pk'), item]))
  }
}

const Heard = z.object({ at: NumericDate })
type Heard = z.infer<typeof Heard>

type Key = { pk: string; sk: string }
const certifiedKey = (subject: Subject): Key => ({ pk: `CERTIFIED#${subject}`, sk: 'CERTIFIED' })
const lookedKey = (agent: AgentId): Key => ({ pk: `LOOKED#${agent}`, sk: 'LOOKED' })
const rolesKey = (account: string): Key => ({ pk: `LOOKED#account:${account}`, sk: 'LOOKED' })
const heardKey = (place: Place): Key => ({ pk: `LOOKED#heard:${place}`, sk: 'LOOKED' })
const activityKey = (agent: AgentId): Key => ({ pk: `OBSERVED#${agent}`, sk: 'OBSERVED' })

const hostOf = (items: ReadonlyMap<string, Item>, agent: AgentId) =>
  defined({
    looked: readValue(items, lookedKey(agent), Looked),
    activity: readValue(items, activityKey(agent), Activity),
  })

function readValue<S extends z.ZodType>(items: ReadonlyMap<string, Item>, { pk }: Key, schema: S) {
  const item = items.get(pk)
  return item && valueIn(item, 'value', schema)
}
