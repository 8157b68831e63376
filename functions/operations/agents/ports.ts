import type { Activity, AgentFile, Certified, Looked, Subject } from '../../domain/agents/agent-file.ts'
import type { Simulated } from '../../domain/agents/ambient.ts'
import type { ProbedKind } from '../../domain/people/host-kinds.ts'
import type { SuspendedBecause } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { AgentId, JsonObject, NumericDate, PersonId } from '../../domain/values.ts'
import type { Appended } from '../ports.ts'

export interface HostSimulator {
  /**
   * What IAM says of each action on each resource, if the role itself did it. What is not among the answers is not known.
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
   * The acts that an agent on this host could do without Hotwork: by action of the catalogue, and by rule of resources.json.
   * All that is missing is unknown.
   *
   * @throws HostUnseen when that cannot be found out, with why
   */
  probe(where: string, bundle: Bundle): Promise<Looked['actions']>
}
export type HostProbers = { readonly [kind in ProbedKind]: HostProber }

/** Looks at the host of an agent now. Where that fails nothing new is known, and the reader is answered all the same. */
export interface HostLook {
  now(agent: AgentId): Promise<void>
}

/** What is stored of agents, and of what else is recertified, beside the bundle. Each read is strong. */
export interface AgentReader {
  /** One that was never recertified is left out. */
  certified(subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, Certified>>
  /** What decisions go by. */
  host(agent: AgentId): Promise<Pick<AgentFile, 'looked' | 'activity'>>
  /** An agent of which nothing is stored has an empty file. */
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

/** What look-after-agents knows of a subject: what the files said of it last, and what was made of its date. */
export type Life = {
  registered?: JsonObject
  suspended?: SuspendedBecause
  /** The keys of what was done about the date, so that it is done once. */
  told: readonly string[]
}
export type StoredLife = { life: Life; version: number }

/** Of the last deployment that was looked at. */
export type Registry = { bundle: string; subjects: readonly Subject[] }

export interface LifeStore {
  /** One that was never saved is left out. */
  lives(subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, StoredLife>>
  /** All or none, with what its chain gets; false when another writer came first. */
  saveLife(change: LifeChange): Promise<boolean>
  registry(): Promise<Registry | undefined>
  saveRegistry(registry: Registry): Promise<void>
}
export type LifeChange = { subject: Subject; life: Life; version: number; appended?: Appended }

/** Told once, to one person or in one channel of the deployment (by alias). */
export type AgentNotice = {
  about: Subject
  to: { person: PersonId } | { channel: string }
  notice: { kind: 'due'; days: number; due: NumericDate } | { kind: 'suspended'; why: SuspendedBecause }
}
