import type { Activity, AgentFile, Certified, Looked, Subject } from '../../domain/agents/agent-file.ts'
import type { Simulated } from '../../domain/agents/ambient.ts'
import type { ProbedKind } from '../../domain/people/host-kinds.ts'
import type { SuspendedBecause } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { AgentId, JsonObject, NumericDate, PersonId } from '../../domain/values.ts'
import type { Appended } from '../ports.ts'

export interface HostSimulator {
  /**
   * IAM's answer for each action on each resource, if the role itself did it. A pair without an answer is unknown.
   *
   * @throws HostUnseen when IAM does not say, with why
   */
  simulate(
    role: string,
    asked: { actions: readonly string[]; resources: readonly string[] },
  ): Promise<readonly Simulated[]>
}

/** Looks at hosts of one kind. */
export interface HostProber {
  /**
   * The acts that an agent on this host could do without Hotwork, by action of the catalogue and by rule of
   * resources.json. A missing answer means unknown.
   *
   * @throws HostUnseen when they cannot be found out, with why
   */
  probe(where: string, bundle: Bundle): Promise<Looked['actions']>
}
export type HostProbers = { readonly [kind in ProbedKind]: HostProber }

/** Looks at the host of an agent now. It does not throw: after a failed look the reader gets the earlier answers. */
export interface HostLook {
  now(agent: AgentId): Promise<void>
}

/** Stored facts of agents and other subjects of recertification, beside the bundle. Each read is strong. */
export interface AgentReader {
  /** A subject that was never recertified is left out. */
  certified(subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, Certified>>
  /** The facts of an agent's host and record that policy reads. */
  host(agent: AgentId): Promise<Pick<AgentFile, 'looked' | 'activity'>>
  /** An agent without a row has an empty file. */
  files(agents: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentFile>>
}

export interface AgentWriter {
  /** False where a newer one is kept. */
  saveLooked(agent: AgentId, looked: Looked): Promise<boolean>
  /** False where a newer one is kept. */
  saveActivity(agent: AgentId, activity: Activity): Promise<boolean>
  /** All or none, with its entry on the subject's chain; false when another writer came first. */
  certify(change: CertifiedChange): Promise<boolean>
}
export type CertifiedChange = Appended & { subject: Subject; certified: Certified }

export type AgentRows = AgentReader & AgentWriter

/** Memory of look-after-agents about a subject: its last state in the files, and what was done about its date. */
export type Life = {
  registered?: JsonObject
  suspended?: SuspendedBecause
  /** Keys of the messages sent about the date, so that each is sent once. */
  told: readonly string[]
}
export type StoredLife = { life: Life; version: number }

/** Subjects of the last deployment that was recorded. */
export type Registry = { bundle: string; subjects: readonly Subject[] }

export interface LifeStore {
  /** A subject that was never saved is left out. */
  lives(subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, StoredLife>>
  /** All or none, with the entries for its chain; false when another writer came first. */
  saveLife(change: LifeChange): Promise<boolean>
  registry(): Promise<Registry | undefined>
  saveRegistry(registry: Registry): Promise<void>
}
export type LifeChange = { subject: Subject; life: Life; version: number; appended?: Appended }

/** Sent once, to one person or to one channel of the deployment (by alias). */
export type AgentNotice = {
  about: Subject
  to: { person: PersonId } | { channel: string }
  notice: { kind: 'due'; days: number; due: NumericDate } | { kind: 'suspended'; why: SuspendedBecause }
}
