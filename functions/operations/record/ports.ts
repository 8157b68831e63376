import type { Halt, HaltTarget } from '../../domain/halts/halt.ts'
import type { Head } from '../../domain/ledger/ledger.ts'
import type { Readings } from '../../domain/people/group-source.ts'
import type { StandIn } from '../../domain/people/stand-in.ts'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import type { AskerId, EvaluationId, NumericDate, PersonId, RequestId, StandingPermitId } from '../../domain/values.ts'
import type { AgentReader } from '../agents/ports.ts'
import type { LedgerStore } from '../ledger/ports.ts'
import type { PermitChange } from '../permits/ports.ts'
import type { Policy } from '../policy/ports.ts'
import type { Appended, Clock, Ids, Log, OnceOnly, Page, Salts } from '../ports.ts'

/** The sequence of the chain's end is also the version. */
export type Stored = { state: ApprovalRequest; head: Head }

export type Commit = Appended & {
  id: RequestId
  state: ApprovalRequest
  once?: readonly OnceOnly[]
  draw?: PermitChange
}

/** A request with what it rests on, read together: `dependencies` asks the store only for what was not read with it. */
export type ToAct = Stored & Pick<RequestReader, 'dependencies'>

/**
 * `stale`: another writer came first, read and decide again. `taken`: a once-only key is there already, with its value.
 */
export type Committed =
  | { outcome: 'committed' }
  | { outcome: 'stale' }
  | { outcome: 'taken'; key: string; value: string }

export type AskedLately = { asked: readonly { id: RequestId; action: string }[]; isAll: boolean }
export type TakenOnce = { done: true } | { done: false; value?: string }

/** Requests as they are stored, and the keys of what happens once. Reads of one item are strongly consistent. */
export interface RequestReader {
  load(id: RequestId): Promise<Stored | undefined>
  /** In one read. @param groups whose readings are wanted */
  loadToAct(id: RequestId, groups: readonly string[]): Promise<ToAct | undefined>
  /** At most a hundred, in no particular order; one that does not exist is left out. */
  loadMany(ids: readonly RequestId[]): Promise<readonly Stored[]>
  /** All that a request rests on, in one strongly consistent read, or two where a target was ever halted. An ancestor that does not exist is left out. */
  dependencies(ancestors: readonly RequestId[], targets: readonly HaltTarget[], beside?: Beside): Promise<Dependencies>
  /** The value under a once-only key, such as an idempotency key. */
  recall(key: string): Promise<string | undefined>
  loadEvaluation(id: EvaluationId): Promise<Evaluation | undefined>
  /**
   * Newest first. An index finds candidates; each is read strongly, so what is shown is true. A page may be short, or empty,
   * and have a `next`: a place in time, down to which it has looked.
   */
  list(filter: RequestFilter, page: RequestPage): Promise<Page<Stored>>
  /** Oldest first. */
  overdue(before: NumericDate, limit: number): Promise<readonly RequestId[]>
  /** Grants that ended before, and whose calls on the target's record were not compared with what was approved. */
  uncompared(before: NumericDate, page: { limit: number; newestFirst: boolean }): Promise<readonly RequestId[]>
  /**
   * The requests that an agent itself asked for since, newest first, at most so many, and whether these are all. By an index
   * that is a moment behind: none of its facts ever changes, so no request is read.
   */
  askedLately(agent: AskerId, since: NumericDate, most: number): Promise<AskedLately>
  /** How many wait for people. By an index that is a moment behind. */
  countOpen(agent: AskerId, most: number): Promise<number>
  open(agent: AskerId, limit: number): Promise<readonly Stored[]>
}

export interface RequestWriter {
  /** @throws StoreUnavailable when the store does not answer: then it is not known whether it was committed */
  commit(change: Commit): Promise<Committed>
  putOnce(once: OnceOnly): Promise<boolean>
  /** As `putOnce`, also over a value of up to `orAtMost`, as texts compare; where it is refused, with the value that is there. */
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
  /** Of those groups that were asked for. */
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
