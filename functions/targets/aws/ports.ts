import type { Deny } from '../../domain/credentials/denies.ts'
import type { Account } from '../../domain/policy/bundle.ts'
import type { RecordedCall } from '../../domain/uses/recorded-call.ts'
import type { Json, JsonObject, NumericDate } from '../../domain/values.ts'
import type { Found, LookedUp, ReadAsk } from '../reach.ts'
import type { InForce, SessionOnRecord } from './findings.ts'
import type { ReadModel } from './models/read-model.ts'

export interface AwsCredentialBroker {
  /** @throws BrokerRefused if STS says no, BrokerUnavailable if it does not answer */
  assume(ask: AssumeAsk): Promise<AwsCredentials>
}
export type AssumeAsk = {
  role: string
  externalId: string
  sessionName: string
  /** Without it and without tags, nothing tells the session in a deny: a follower's. */
  sourceIdentity?: string
  tags: { readonly [key: string]: string }
  policy: string
  durationSeconds: number
  /** The wished lifetime of the credentials, if STS can cut a session to the second. */
  scopedSeconds?: number
}
export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string }

/** Reads as an account's reader role. Never throws. */
export interface AwsReader {
  /** Path and name of the reader in every AWS account. */
  readonly role: string
  read(ask: ModelledAsk, account: Account): Promise<Found>
}
export type ModelledAsk = ReadAsk & { model: ReadModel }

/** Calls an operation by its model, once, in one session. @throws AWS's fault, with AWS's name */
export interface ModelCaller {
  call(ask: {
    model: ReadModel
    arguments: JsonObject
    account: Account
    credentials: AwsCredentials
    milliseconds: number
  }): Promise<JsonObject>
}

export interface AwsCaller {
  /**
   * Makes the call once. Returns AWS's answer as JSON, without members that the agent may not read.
   * @throws CallRefused if AWS said no and did nothing, CallOutdated if it found another state, CallNotSent if it never
   * reached AWS, CallUnanswered if its outcome is unknown
   */
  call(call: AwsCall, credentials: AwsCredentials): Promise<JsonObject>
  /** Finds by reading whether a call that was begun at `begunAt` was made. */
  lookUp(call: AwsCall & { begunAt: NumericDate }, credentials: AwsCredentials): Promise<LookedUp>
}
/**
 * An action with the approved arguments, in the vendor API's own members. `expected`: the last guarded values, which
 * the call carries if AWS supports that.
 */
export type AwsCall = { action: string; arguments: JsonObject; region: string; expected?: JsonObject }

/** Reads of the configuration of hosts, by IAM's names of the actions. */
export interface HostReads {
  /** AWS's answer in the SDK's form. @throws HostUnseen with the reason */
  read(action: HostRead, args: JsonObject, account: Account): Promise<Json>
}
export type HostRead =
  | 'codebuild:BatchGetProjects'
  | 'ecs:DescribeServices'
  | 'ecs:DescribeTaskDefinition'
  | 'eks:DescribeCluster'
  | 'eks:DescribePodIdentityAssociation'
  | 'eks:ListPodIdentityAssociations'
  | 'lambda:GetFunctionConfiguration'
  | 'scheduler:GetSchedule'
  | 'secretsmanager:ListSecrets'
  | 'ssm:DescribeParameters'
  | 'states:DescribeStateMachine'

export interface RolePolicies {
  /** Puts the role's whole inline deny, or removes it. `full`: IAM has no room, and nothing was written. */
  putDeny(role: string, denies: readonly Deny[]): Promise<'put' | 'full'>
}

/** The denies of a role in IAM. @throws if they cannot be read */
export interface RoleReader {
  inForce(role: string): Promise<InForce>
}

/** AWS's record of the sessions of roles, some minutes late. */
export interface SessionRecord {
  sessions(role: string, from: NumericDate): Promise<Recorded<SessionOnRecord>>
  /** Uses of a sealed role, each as AWS's own event. @throws if AWS does not answer */
  sealedUses(role: string, from: NumericDate): Promise<Recorded<SealedEvent>>
}
/** `more`: the record has more than was read. */
export type Recorded<T> = { found: readonly T[]; more: boolean }
export type SealedEvent = { eventId: string; at: NumericDate; event: JsonObject }

export interface CallRecord {
  /** The calls of a session, in any order; undefined if the record does not answer. */
  ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined>
}
/** A session by its name and its role's ARN, with its issue, and the Regions and time of its calls. */
export type RecordedSession = {
  name: string
  role: string
  regions: readonly string[]
  from: NumericDate
  until: NumericDate
  issued?: { from: NumericDate; until: NumericDate }
}
export type CallsOnRecord = { calls: readonly RecordedCall[]; more: boolean }
