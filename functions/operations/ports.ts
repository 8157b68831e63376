import type { BurstKind, BurstOutcome, Member } from '../domain/cards/burst.ts'
import type { Deny } from '../domain/credentials/denies.ts'
import type { Halt, HaltTarget } from '../domain/halts/halt.ts'
import type { Entry, Head } from '../domain/ledger/ledger.ts'
import type { GroupSnapshot } from '../domain/people/organisation.ts'
import type { StandIn } from '../domain/people/stand-in.ts'
import type { StandingPermit } from '../domain/permits/permit.ts'
import type { ApprovalRequest, Session } from '../domain/requests/request.ts'
import type { RecordedCall } from '../domain/uses/use.ts'
import type {
  AskerId,
  CredentialId,
  Digest,
  EvaluationId,
  HaltId,
  JsonObject,
  NumericDate,
  PersonId,
  RequestId,
  Result,
  StandInId,
  StandingPermitId,
  Thumbprint,
  UseId,
} from '../domain/values.ts'
import type { Policy } from './policy-port.ts'

export type { PersonLinks } from './login-ports.ts'
export type { Answer, Policy, Question } from './policy-port.ts'

/** What operations need from the world. Each port says what it promises; adapters keep it or throw a fault. */

/** Whole seconds now. The only clock there is. */
export type Clock = { now(): NumericDate }

/** Random ids, 130 bits each, so that one cannot be guessed from another. */
export type Ids = {
  request(): RequestId
  breakGlass(): RequestId
  credential(): CredentialId
  use(): UseId
  evaluation(): EvaluationId
  halt(): HaltId
  standIn(): StandInId
}

/** A request as it is stored: its state, and the end of its chain of entries, whose sequence is also its version. */
export type Stored = { state: ApprovalRequest; head: Head }

/**
 * A thing that must happen at most once, put only if absent in the same transaction. `replaces` names the value that
 * may be overwritten. `expiresAt` lets the store forget it some time after; nothing relies on when.
 */
export type OnceOnly = { key: string; value: string; replaces?: string; expiresAt: NumericDate }

/** All of it or none: the new state, its entries, and what must happen once. */
export type Commit = {
  id: RequestId
  /** The head that was read: `noEntries` for a new request. */
  expected: Head
  state: ApprovalRequest
  entries: readonly Entry[]
  head: Head
  once?: readonly OnceOnly[]
  /** The draw from a standing permit with which this request was made. */
  draw?: PermitChange
}

/** `stale`: another writer came first, read again and decide again. `taken`: a once-only key is there already, with its value. */
export type Committed =
  | { outcome: 'committed' }
  | { outcome: 'stale' }
  | { outcome: 'taken'; key: string; value: string }

export type Page<T> = { items: readonly T[]; next?: string }

/** The requests and whatever must commit with them. Reads of one item are strongly consistent. */
export interface RequestStore {
  load(id: RequestId): Promise<Stored | undefined>
  /** Several at once, read strongly, in no particular order and at most a hundred; one that is not there is left out. */
  loadMany(ids: readonly RequestId[]): Promise<readonly Stored[]>
  /** @throws StoreUnavailable when the store does not answer: nothing is known of whether it was committed */
  commit(change: Commit): Promise<Committed>
  /**
   * What a request stands on beside itself, in one strongly consistent read: the requests it was delegated from, and the
   * halts of every target that could stop it. An ancestor that is not there is left out.
   *
   * @param beside who decides, for those in whose stead they may; the standing permit that the request drew from
   */
  standing(ancestors: readonly RequestId[], targets: readonly HaltTarget[], beside?: Beside): Promise<Standing>
  /** The value under a once-only key, such as an idempotency key. */
  recall(key: string): Promise<string | undefined>
  /** Puts a once-only key alone; false when it was there. */
  claim(once: OnceOnly): Promise<boolean>
  saveEvaluation(evaluation: Evaluation): Promise<void>
  loadEvaluation(id: EvaluationId): Promise<Evaluation | undefined>
  /** Newest first. Indexes find candidates; the items themselves are read strongly, so what is shown is true. */
  list(filter: RequestFilter, page: RequestPage): Promise<Page<Stored>>
  /** Requests whose next deadline lies before `before`, oldest first, at most `limit`. */
  overdue(before: NumericDate, limit: number): Promise<readonly RequestId[]>
  /** How many requests of an agent wait for people, counted up to `most`: by an index that is a moment behind. */
  countOpen(agent: AskerId, most: number): Promise<number>
  /** Those, the oldest first, at most a hundred: the index finds candidates, each is read strongly. */
  open(agent: AskerId, limit: number): Promise<readonly Stored[]>
}

/** Where a page begins: `after` is the `next` of the page before; `before` leaves out what was submitted then or later. */
export type RequestPage = { limit: number; after?: string; before?: NumericDate }

/** `slackGroups`: who is in the Slack user groups, where the directory takes any from there. */
export type Beside = { standIn?: PersonId; permit?: StandingPermitId; slackGroups?: true }
export type Standing = {
  ancestors: readonly Stored[]
  halts: readonly Halt[]
  standIns: readonly StandIn[]
  permit?: StandingPermit
  slackGroups?: GroupSnapshot
}

/** Who is in the user groups of Slack. */
export interface UserGroups {
  /** The Slack accounts in a group. @throws BoardUnavailable when Slack does not say */
  members(group: string): Promise<readonly string[]>
}

/** The newest snapshot of Slack user groups, which deciding reads (`RequestStore.standing`). */
export interface GroupSnapshots {
  /** False when a newer one is there. @throws StoreUnavailable */
  save(snapshot: GroupSnapshot): Promise<boolean>
}

export type RequestFilter = { status?: ApprovalRequest['status']; agent?: AskerId; owner?: PersonId }

/** An evaluation that a submission may refer to (AuthZEN ARAP `denial.evaluation_id`). */
export type Evaluation = {
  id: EvaluationId
  agent: AskerId
  /** Digest of subject, action with its arguments, resource and context as the evaluation was asked. */
  binding: string
  at: NumericDate
  expiresAt: NumericDate
  /** Why asking for approval could not help, where it could not. */
  refused?: string
}

/** The halts of one target: those in force, and the one lifted last. `version` rises by one with each change. */
export type StoredHalts = { halts: readonly Halt[]; version: number }

/** All of it or none: a target's halts, and the entries of the halt that has changed. */
export type HaltChange = {
  /** The halt that has changed: the aggregate of the entries. */
  id: HaltId
  target: HaltTarget
  /** What was read: the version of the target's halts, and the end of the halt's own chain. */
  expected: { version: number; head: Head }
  halts: readonly Halt[]
  entries: readonly Entry[]
  head: Head
}

/** Kill switches, where every decision, issue and use reads them (`RequestStore.standing`). Reads are strong. */
export interface HaltStore {
  load(target: HaltTarget): Promise<StoredHalts>
  /** What a halt is of, and the end of its chain. */
  find(id: HaltId): Promise<{ target: HaltTarget; head: Head } | undefined>
  /** False when another writer came first. @throws StoreUnavailable */
  save(change: HaltChange): Promise<boolean>
}

/** A standing permit as it is stored, and the end of its chain. */
export type StoredPermit = { permit: StandingPermit; head: Head }

/** All of it or none: the permit, and the entries of what happened to it. */
export type PermitChange = {
  id: StandingPermitId
  /** The head that was read: `noEntries` for a new permit. */
  expected: Head
  permit: StandingPermit
  entries: readonly Entry[]
  head: Head
}

/** Standing permits. What draws from one reads it again, strongly, with all else that it rests on (`RequestStore.standing`). */
export interface PermitStore {
  load(id: StandingPermitId): Promise<StoredPermit | undefined>
  /** False when another writer came first. @throws StoreUnavailable */
  save(change: PermitChange): Promise<boolean>
  /**
   * Those of an agent that may be drawn from, as far as that does not hang on time, the newest first, since none lives for
   * long: an index finds candidates, each is read strongly.
   */
  ofAgent(agent: AskerId, limit: number): Promise<readonly StoredPermit[]>
  /** Newest first. */
  list(page: { limit: number; after?: string }): Promise<Page<StandingPermit>>
}

/** Some stand-ins that lie together. `version` rises by one with each change. */
export type StoredStandIns = { standIns: readonly StandIn[]; version: number }

/** All of it or none: a stand-in, the two lists that it is in, and its entries. */
export type StandInChange = {
  /** As it now is. */
  standIn: StandIn
  /** What was read: the end of its chain (`noEntries` for a new one), and the versions of both lists. */
  expected: { head: Head; absences: number; taken: number }
  /** Those of the one who is away, and those of the one who decides, without what is over. */
  absences: readonly StandIn[]
  taken: readonly StandIn[]
  entries: readonly Entry[]
  head: Head
}

/** Who decides for whom, where every decision reads it (`RequestStore.standing`). Reads are strong. */
export interface StandInStore {
  /** What the one who is away has given, and what the one who would decide has been given by anybody. */
  of(pair: { absent: PersonId; by: PersonId }): Promise<{ absences: StoredStandIns; taken: StoredStandIns }>
  find(id: StandInId): Promise<{ standIn: StandIn; head: Head } | undefined>
  /** False when another writer came first. @throws StoreUnavailable */
  save(change: StandInChange): Promise<boolean>
  /** Newest first, those that are over too: an index finds candidates, each is read strongly. */
  list(page: { limit: number; after?: string }): Promise<Page<StandIn>>
}

/** Where incidents are kept, as far as breaking the glass asks: `unreachable` is no answer. */
export interface Incidents {
  check(incident: string): Promise<'known' | 'unknown' | 'unreachable'>
}

/** One delivery as it came. Nothing of it is believed before its signature is. */
export type RawDelivery = { header(name: string): string | undefined; body: string }
/** `id` is the delivery's: sent again, it is the same. */
export type IncidentEvent = { id: string; incident: string; closed: boolean }
/** What a tool that keeps incidents says of one, in its own format and proven in its own way: an adapter for each. */
export interface IncidentEvents {
  /** @throws SecretUnavailable when what it is proven by cannot be had */
  read(delivery: RawDelivery): Promise<Result<IncidentEvent, 'unsigned' | 'malformed'>>
}

/** The record. Entries of requests commit with their state; these are the chains of actors, and reads. */
export interface LedgerStore {
  entries(aggregate: string): Promise<readonly Entry[]>
  /** At most so many entries after that sequence, in order: an actor's chain has no end. `next` is the last one's, if there may be more. */
  page(aggregate: string, page: { after: number; limit: number }): Promise<{ entries: readonly Entry[]; next?: number }>
  /** The end of an actor's own chain. */
  head(aggregate: string): Promise<Head>
  /** All of it or none: false when another writer appended first, or one of what must happen once is not as it was read. */
  append(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once?: readonly OnceOnly[],
  ): Promise<boolean>
}

/** Signs with a key that never leaves its keeper. */
export interface Signer {
  /** A compact JWS, ES256, with `typ` and `kid` in its header. */
  sign(typ: string, claims: JsonObject): Promise<string>
}

export interface KeySet {
  /** The public keys as a JWK Set (RFC 7517). */
  jwks(): Promise<{ keys: readonly JsonObject[] }>
}

/** What a verified access token of ours says. */
export type AccessToken = {
  jti: CredentialId
  request: RequestId
  agent: AskerId
  audience: string
  jkt: Thumbprint
  expiresAt: NumericDate
}

/** One of whatever audience, with all of its claims as they were signed. */
export type KnownToken = AccessToken & { claims: JsonObject }

/** Gives AWS credentials that can do one thing. */
export interface AwsCredentialBroker {
  /** @throws BrokerRefused when STS says no, BrokerUnavailable when it does not answer */
  assume(ask: AssumeAsk): Promise<AwsCredentials>
}
export type AssumeAsk = {
  role: string
  externalId: string
  sessionName: string
  sourceIdentity: string
  tags: { readonly [key: string]: string }
  policy: string
  durationSeconds: number
  /** How long the credentials should last, where STS can cut a session to the second. It is never a promise. */
  scopedSeconds?: number
}
export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string }

/** Makes the one stored call of a mediated action with AWS credentials for it, and looks up one whose answer was lost. */
export interface AwsCaller {
  /**
   * Makes the call once: what AWS answered, as JSON, without what the caller of the agent has no business to read.
   *
   * @throws CallRefused when AWS said no and so did nothing, CallNotSent when AWS never heard of it, CallUnanswered when it
   *   may have been done or not
   */
  call(call: AwsCall, credentials: AwsCredentials): Promise<JsonObject>
  /** What became of a call that was begun at `begunAt`, found by reading. `unknown` where reading cannot tell. */
  lookUp(call: AwsCall & { begunAt: NumericDate }, credentials: AwsCredentials): Promise<LookedUp>
}
/** An action of the catalogue with the arguments that were approved, in the vendor API's own members. */
export type AwsCall = { action: string; arguments: JsonObject; region: string }
export type LookedUp = { found: 'done'; output: JsonObject } | { found: 'not_done' } | { found: 'unknown' }

/** What AWS has on record of who called what. */
export interface CallRecord {
  /** What was called with the credentials of a session, the oldest first; nothing where there is no record to be had here. */
  ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined>
}
/** A session by its name and its role's ARN, and where and when it may have called. */
export type RecordedSession = { name: string; role: string; region: string; from: NumericDate; until: NumericDate }
/** `more` where there is more on record than was read. */
export type CallsOnRecord = { calls: readonly RecordedCall[]; more: boolean }

/** The waiting states of executions, each with its task token. */
export interface WaitStore {
  /** Remembers a wait; storing it twice is once. */
  remember(wait: WaitRecord): Promise<void>
  /** The waits of a request that nobody has ended yet. */
  open(request: RequestId): Promise<readonly WaitRecord[]>
  /**
   * Claims the right to end a wait: true for one caller, and again for another only after `leaseSeconds`, in case the
   * first died between claiming and sending.
   */
  claim(wait: WaitRecord, now: NumericDate, leaseSeconds: number): Promise<boolean>
  /** Gives a claim back before its lease is over, since what it was for has failed: the next caller may claim at once. */
  release(wait: WaitRecord): Promise<void>
  ended(wait: WaitRecord): Promise<void>
}
export type WaitRecord = {
  request: RequestId
  wait: string
  attempt: string
  taskToken: string
  expiresAt: NumericDate
}

/** The workflow, which is the clock. */
export interface Workflow {
  /** Starts the one execution of a request. Starting twice is once. */
  start(request: RequestId, wait: string): Promise<void>
  /**
   * Ends a wait by success or by a named error. `Faulted` is the waiting task's own failure: the machine tries it again,
   * a few times. `late` when its token is no longer good, for whatever reason.
   */
  signal(taskToken: string, outcome: 'succeeded' | 'Settled' | 'Moved' | 'Faulted'): Promise<'sent' | 'late'>
}

/** Hands ids on to those who follow from the record. */
export interface Queue<T> {
  send(messages: readonly T[]): Promise<void>
}
export type FollowMessage = { requestId: RequestId }
/** `deduplicate` tells a change from all others; `group` keeps order within a request, or within a role. */
export type Fifo = { group: string; deduplicate: string }
export type FifoMessage = Fifo & { requestId: RequestId }
/**
 * What follows from an ending: in a role's group, that its deny is to be written; in a group of its own, that whatever
 * ends with it is to be ended too: what was delegated from a request, or what a halt covers.
 */
export type EndMessage = Fifo &
  ({ deny: DenyCause; role: string; since: NumericDate } | { end: RequestId | HaltId | StandingPermitId })
/** A request that has changed, a halt, or only that some of the role's denies are over. */
export type DenyCause = RequestId | HaltId | 'time'

/** The messages that show several requests alike, in place of a card for each. */
export interface BurstStore {
  /** The last few of a burst, newest first. */
  load(key: Digest): Promise<readonly PostedBurst[]>
  save(burst: PostedBurst): Promise<void>
}
export type PostedBurst = {
  key: Digest
  /** Which card of the burst it is, counted from 1. */
  generation: number
  kind: BurstKind
  channel: string
  ts: string
  rendered: Digest
  /** All that it has shown, the oldest first. */
  members: readonly RequestId[]
  /** Those of them that it shows as waiting, just as they are there, and the digest of that list. */
  shown: readonly Member[]
  list: Digest
  /** That not all of it could be shown, so that Approve is withheld. */
  cut?: true
  /** What came of the last press on it. */
  outcome?: BurstOutcome
}
/** A burst whose card is to be looked at: because of a request of it, or with what came of a press. */
export type BurstMessage = Fifo & {
  burst: BurstKind
  request?: RequestId
  outcome?: BurstOutcome & { generation: number }
}
/** A press on a list that is on record under this key, and is to be carried out. */
export type PressMessage = { press: string }

/** What has been posted of a request, by channel. */
export interface CardStore {
  load(request: RequestId): Promise<readonly PostedCard[]>
  save(card: PostedCard): Promise<void>
}
/**
 * A message of ours about a request: a card in a channel, or what one person was sent directly. `told` names the lines
 * that have been said beneath it, so that each is said once; `at`, when it was there for the first time.
 */
export type PostedCard = {
  request: RequestId
  channel: string
  ts: string
  rendered: string
  at?: NumericDate
  person?: PersonId
  told?: readonly string[]
}

/** Slack's Web API, as far as cards need it. */
export interface CardBoard {
  post(channel: string, card: RenderedCard): Promise<{ ts: string }>
  /** False when the message is gone. */
  update(channel: string, ts: string, card: RenderedCard): Promise<boolean>
  /** The channel in which a person is sent something directly, by their Slack id. */
  open(user: string): Promise<string>
  /** Says a line beneath a message. False when the message is gone. */
  reply(channel: string, ts: string, line: RenderedCard): Promise<boolean>
}

/** Wakes whoever is to be woken in an emergency, by whatever listens to it: a pager, an e-mail, another system. */
export interface Pager {
  /** At least once for each event of an opening, which its id tells apart. @throws PagerUnavailable */
  page(page: EmergencyPage): Promise<void>
}
/** What is told outside Hotwork: who and what, never why, which is for people here alone. */
export type EmergencyPage = {
  event: 'opened' | 'ended' | 'review_overdue'
  id: RequestId
  person: PersonId
  incident: string
  /** The profile, or the action. */
  what: string
  environment: string
  /** When it ends, or has ended. */
  until: NumericDate
  reviewDue?: NumericDate
  drill: boolean
}

/** One-time timers. Each only has the request looked at: what is to be done is found there and then. */
export interface Timers {
  /**
   * Has a request looked at, at a time: its cards drawn, or what is due of it stored, whether or not its workflow lives.
   * Setting a name twice is once.
   */
  set(timer: { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }): Promise<void>
}
export type RenderedCard = { text: string; blocks: readonly JsonObject[] }

/** The sessions that must be denied on a role, and the one policy that denies them. */
export interface DenyStore {
  /** Adds what must be denied on a role; adding twice is once. Of two ends for one value the later holds. */
  add(role: string, denies: readonly Deny[]): Promise<void>
  /** Every deny of a role that is not forgotten, read strongly. */
  ofRole(role: string): Promise<readonly Deny[]>
  /** Forgets denies that are no longer needed. */
  forget(role: string, denies: readonly Deny[]): Promise<void>
  /** Roles with a deny whose time was over before `now` and that is not forgotten, at most `limit` denies' worth. */
  overdue(now: NumericDate, limit: number): Promise<readonly string[]>
}
export type { Deny }

export interface RolePolicies {
  /**
   * Puts the role's whole inline deny, or removes it when there is nothing to deny. `full` when IAM has no room for it:
   * then nothing was written.
   */
  putDeny(role: string, denies: readonly Deny[]): Promise<'put' | 'full'>
}

/** A line in the log: words of the vocabulary, never a credential, a justification or arguments. */
export interface Log {
  info(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  warn(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  error(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
}

export type { Session }

/** The ports that deciding operations share. */
export type DecidingPorts = {
  requests: RequestStore
  ledger: LedgerStore
  policy: Policy
  clock: Clock
  ids: Ids
  log: Log
}
