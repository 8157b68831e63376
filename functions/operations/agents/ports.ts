import type { Activity, AgentFile, Certified, Looked, Subject } from '../../domain/agents/agent-file.ts'
import type { Simulated } from '../../domain/agents/ambient.ts'
import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import type { Place } from '../../domain/agents/host-change.ts'
import type { LeavingOwner } from '../../domain/agents/leaving-owner.ts'
import type { ProbedKind } from '../../domain/people/host-kinds.ts'
import type { SuspendedBecause } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { AgentId, IssuerChain, JsonObject, NumericDate, PersonId } from '../../domain/values.ts'
import type { Appended } from '../ports.ts'

export interface HostSimulator {
  /**
   * IAM's answer for each action on each resource, if the role itself did it. A missing pair is unknown.
   *
   * @throws HostUnseen with the reason, if IAM gives no answer
   */
  simulate(
    role: string,
    asked: { actions: readonly string[]; resources: readonly string[] },
  ): Promise<readonly Simulated[]>
}

/** A role with its trust policy, as text. */
export type ListedRole = { arn: string; trust: string }

export interface RoleList {
  /** @throws HostUnseen with the reason, if the list is not complete */
  roles(account: { partition: string; accountId: string }): Promise<readonly ListedRole[]>
}

export interface RoleBoundaries {
  /** The ARN of a role's permissions boundary; null if it has none. @throws HostUnseen with the reason */
  boundary(role: string): Promise<string | null>
}

/** Probes hosts of one kind. */
export interface HostProber {
  /**
   * The rights of the host without Hotwork, by action of the catalogue and rule of resources.json, with the roles and
   * secrets that it reaches. A missing answer means unknown.
   *
   * @throws HostUnseen with the reason, if they cannot be determined
   */
  probe(where: string, bundle: Bundle): Promise<Probed>
}
export type Probed = Pick<Looked, 'actions' | 'roles' | 'secrets' | 'unseen' | 'partial'>
export type HostProbers = { readonly [kind in ProbedKind]: HostProber }

/** Looks at an agent's host now. It never throws: after a failed look the reader gets the earlier answers. */
export interface HostLook {
  now(agent: AgentId): Promise<void>
}

/** Stored facts of agents and other subjects of recertification, beside the bundle. All reads are strong. */
export interface AgentReader {
  /** A subject that was never recertified is left out. */
  certified(subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, Certified>>
  /** An agent's host and record, as far as policy reads them. */
  host(agent: AgentId): Promise<Pick<AgentFile, 'looked' | 'activity'>>
  /** The time of the newest event from each of these places. A silent place is left out. */
  heard(places: readonly Place[]): Promise<ReadonlyMap<Place, NumericDate>>
  /** An agent without a row has an empty file. */
  files(agents: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentFile>>
}

export interface AgentWriter {
  /** False if a newer one is stored. */
  saveLooked(agent: AgentId, looked: Looked): Promise<boolean>
  /** False if a newer one is stored. */
  saveHeard(place: Place, at: NumericDate): Promise<boolean>
  /** False if a newer one is stored. */
  saveActivity(agent: AgentId, activity: Activity): Promise<boolean>
  /** All or none, with its entry on the subject's chain; false if another writer came first. */
  certify(change: CertifiedChange): Promise<boolean>
}
/** The next date, or for a no the next registry. The entry is on the subject's chain. */
export type CertifiedChange = Appended & { subject: Subject; certified?: Certified; registry?: GovernedRegistry }

export type AgentRows = AgentReader & AgentWriter & GovernedReader & GovernedSize

export interface GovernedReader {
  /**
   * The registry of agents, read strongly. `known` is returned if it is still the newest.
   *
   * @throws StoreUnavailable
   */
  governed(known?: GovernedRegistry): Promise<GovernedRegistry>
}

export interface GovernedSize {
  sizeOf(registry: GovernedRegistry): number
}

/**
 * A change of the registry, committed together with a request: the next registry, conditional on the version before it,
 * and the entry on the agent's chain.
 */
export type GovernedChange = { next: GovernedRegistry; subject: AgentId; appended: Appended }

/** Stored by look-after-agents for a subject: its last state in the files, and the messages about its date. */
export type Life = {
  registered?: JsonObject
  suspended?: SuspendedBecause
  /** Keys of the messages sent about the date, so that each is sent once. */
  told: readonly string[]
}
export type StoredLife = { life: Life; version: number }

/** Subjects of the last deployment that was recorded. */
export type Registry = { bundle: string; subjects: readonly Subject[] }

/** A subject, or an issuer with recorded unknown callers. */
type Living = Subject | IssuerChain

export interface LifeStore {
  /** A subject that was never saved is left out. */
  lives(subjects: readonly Living[]): Promise<ReadonlyMap<Living, StoredLife>>
  /** All or none, with the entries for its chain; false if another writer came first. */
  saveLife(change: LifeChange): Promise<boolean>
  registry(): Promise<Registry | undefined>
  saveRegistry(registry: Registry): Promise<void>
  /** The registry of agents after a deployment; false if another writer came first. */
  saveGoverned(next: GovernedRegistry): Promise<boolean>
}
export type LifeChange = { subject: Living; life: Life; version: number; appended?: Appended }

/** A message that is sent once, to one person or to one channel of the deployment (by alias). */
export type AgentNotice = {
  about: Subject
  to: { person: PersonId } | { channel: string }
  notice:
    | { kind: 'due'; days: number; due: NumericDate }
    | { kind: 'suspended'; why: SuspendedBecause }
    | ({ kind: 'owner' } & LeavingOwner)
}
