import type { Halt, HaltTarget } from '../../domain/halts/halt.ts'
import type { Head } from '../../domain/ledger/ledger.ts'
import type { Readings } from '../../domain/people/group-source.ts'
import type { StandIn } from '../../domain/people/stand-in.ts'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import type { ApprovalRequest, Status } from '../../domain/record/request.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import type { AskerId, EvaluationId, NumericDate, PersonId, RequestId, StandingPermitId } from '../../domain/values.ts'
import type { AgentReader, GovernedChange } from '../agents/ports.ts'
import type { LedgerStore } from '../ledger/ports.ts'
import type { PermitChange } from '../permits/ports.ts'
import type { Policy } from '../policy/ports.ts'
import type { Appended, Clock, Ids, Log, OnceOnly, Page, Salts } from '../ports.ts'

/** A stored request. The sequence of its chain's head is also its version. */
export type Stored = { state: ApprovalRequest; head: Head }

export type Commit = Appended & {
  id: RequestId
  state: ApprovalRequest
  once?: readonly OnceOnly[]
  draw?: PermitChange
  /** Stale unless the stored registry is the one before it. */
  registry?: GovernedChange
}

/** A request with its dependencies, read together. `dependencies` then reads only missing ones. */
export type ToAct = Stored & Pick<RequestReader, 'dependencies'>

/**
 * `stale`: another writer came first, so read and decide again. `taken`: a once-only key exists already, with its
 * value.
 */
export type Committed =
  | { outcome: 'committed' }
  | { outcome: 'stale' }
  | { outcome: 'taken'; key: string; value: string }

/** A request in an index, with its status if the index has it by now. */
export type AskedOnce = { id: RequestId; action: string; at: NumericDate; status?: Status | undefined }
export type AskedLately = { asked: readonly AskedOnce[]; isAll: boolean }
export type TakenOnce = { done: true } | { done: false; value?: string }

/** Stored requests, and once-only keys. Reads of one item are strongly consistent. */
export interface RequestReader {
  load(id: RequestId): Promise<Stored | undefined>
  /** One read. @param groups whose readings are needed */
  loadToAct(id: RequestId, groups: readonly string[]): Promise<ToAct | undefined>
  /** At most a hundred, in any order; missing ones are left out. */
  loadMany(ids: readonly RequestId[]): Promise<readonly Stored[]>
  /**
   * All dependencies of a request in one strongly consistent read, or two if a target was ever halted. Missing
   * ancestors are left out.
   */
  dependencies(ancestors: readonly RequestId[], targets: readonly HaltTarget[], beside?: Beside): Promise<Dependencies>
  /** The value of a once-only key, such as an idempotency key. */
  recall(key: string): Promise<string | undefined>
  loadEvaluation(id: EvaluationId): Promise<Evaluation | undefined>
  /**
   * Newest first. An index finds candidates and each is read strongly, so every item is current. A page may be short
   * or empty and have a `next`: the time down to which it was searched.
   */
  list(filter: RequestFilter, page: RequestPage): Promise<Page<Stored>>
  /** Oldest first. */
  overdue(before: NumericDate, limit: number): Promise<readonly RequestId[]>
  /** Grants that ended before, and whose calls were not compared with the target's record yet. */
  uncompared(before: NumericDate, page: { limit: number; newestFirst: boolean }): Promise<readonly RequestId[]>
  /**
   * The requests that an agent itself has asked for since, newest first, up to `most`, and whether these are all. They
   * come from an index that lags: only the status in it may be old.
   */
  askedLately(agent: AskerId, since: NumericDate, most: number): Promise<AskedLately>
  /** The newest requests that wait for people, from an index that lags. It reads no requests. */
  pendingIds(most: number): Promise<readonly RequestId[]>
  /** The number of requests that wait for people, from an index that lags. */
  countOpen(agent: AskerId, most: number): Promise<number>
  open(agent: AskerId, limit: number): Promise<readonly Stored[]>
}

export interface RequestWriter {
  /** @throws StoreUnavailable if the store does not answer: it may or may not have committed */
  commit(change: Commit): Promise<Committed>
  putOnce(once: OnceOnly): Promise<boolean>
  /** As `claim`, but also overwrites a value up to `orAtMost`, compared as text. A refusal has the present value. */
  take(once: OnceOnly & { orAtMost: string }): Promise<TakenOnce>
  saveEvaluation(evaluation: Evaluation): Promise<void>
}

export type RequestStore = RequestReader & RequestWriter

/** `after` is the `next` of the page before. */
export type RequestPage = { limit: number; after?: string }

export type Beside = { standIn?: PersonId; permit?: StandingPermitId; groups?: readonly string[] }
export type Dependencies = {
  ancestors: readonly Stored[]
  halts: readonly Halt[]
  standIns: readonly StandIn[]
  permit?: StandingPermit
  readings?: Readings
}

/** An evaluation that a submission may refer to (AuthZEN ARAP `denial.evaluation_id`). */
export type Evaluation = {
  id: EvaluationId
  agent: AskerId
  binding: string
  at: NumericDate
  expiresAt: NumericDate
  refused?: string
}

export type AskingPorts = { requests: RequestReader; policy: Policy; clock: Clock }
export type DecidingPorts = AskingPorts & { requests: RequestWriter; ledger: LedgerStore; salts: Salts; log: Log }
export type MakingPorts = DecidingPorts & { ids: Ids; agents: Pick<AgentReader, 'host'> }
