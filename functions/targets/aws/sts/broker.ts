import { AssumeRoleCommand, type Credentials, GetScopedCredentialsCommand, STSClient } from '@aws-sdk/client-sts'
import { bounded } from '../../../adapters/aws-client.ts'
import { defined } from '../../../domain/values.ts'
import { BrokerRefused, BrokerUnavailable, faultName } from '../../../operations/faults.ts'
import type { Log } from '../../../operations/ports.ts'
import type { AssumeAsk, AwsCredentialBroker, AwsCredentials } from '../ports.ts'

/** STS refuses this ask: retries are useless until the deployment changes. */
const refusals = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'MalformedPolicyDocument',
  'MalformedPolicyDocumentException',
  'PackedPolicyTooLarge',
  'PackedPolicyTooLargeException',
  'RegionDisabledException',
  'ValidationError',
])

/** `GetScopedCredentials` is unavailable: this Region's STS does not know it, or the target role may not call it. */
const unavailable = new Set([
  'InvalidAction',
  'InvalidActionException',
  'UnknownOperationException',
  'UnsupportedOperation',
  'NotImplemented',
  'AccessDenied',
  'AccessDeniedException',
])

/**
 * Assumes the target role by STS. The role's trust policy requires the external id, the session name and the tags. STS
 * sessions last at least 900 s. If the account is set so, this cuts the session to the second with
 * `GetScopedCredentials`. If STS cannot, each credential has a line in the log, and the time condition of the session
 * policy ends it.
 */
export class StsBroker implements AwsCredentialBroker {
  readonly #client: STSClient
  readonly #as: (credentials: AwsCredentials) => STSClient
  readonly #log: Log
  /** Roles whose sessions cannot be cut, by STS's answer. Each process asks once for each role. */
  readonly #uncut = new Map<string, string>()

  constructor(log: Log, client: STSClient = connectSts(), as: (credentials: AwsCredentials) => STSClient = connectSts) {
    this.#log = log
    this.#client = client
    this.#as = as
  }

  async assume(ask: AssumeAsk): Promise<AwsCredentials> {
    if (ask.scopedSeconds === undefined) return this.#assumeRole(ask)
    const scoped = this.#uncut.has(ask.role) ? undefined : await this.#assumeScoped(ask, ask.scopedSeconds)
    if (scoped) return scoped
    this.#log.error('session_not_cut', { role: ask.role, request: ask.sessionName, fault: this.#uncut.get(ask.role) })
    return this.#assumeRole(ask)
  }

  async #assumeRole({ policy, ...ask }: Omit<AssumeAsk, 'policy'> & { policy?: string }): Promise<AwsCredentials> {
    const tags = Object.entries(ask.tags)
    const command = new AssumeRoleCommand({
      RoleArn: ask.role,
      ExternalId: ask.externalId,
      RoleSessionName: ask.sessionName,
      SourceIdentity: ask.sourceIdentity,
      ...(tags.length > 0 && { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
      Policy: policy,
      DurationSeconds: ask.durationSeconds,
    })
    const { Credentials } = await this.#client.send(command).catch((cause: unknown) => refused(ask.role, cause))
    return credentialsOf(Credentials, ask.role)
  }

  /**
   * The first session has no session policy, which would forbid the scoping too. It has only rights that the broker may
   * ask for, and stays in this process.
   */
  async #assumeScoped({ policy, ...ask }: AssumeAsk, seconds: number): Promise<AwsCredentials | undefined> {
    const session = await this.#assumeRole(ask)
    const client = this.#as(session)
    try {
      // Less than the session's length: STS refuses more than its remaining time.
      const DurationSeconds = Math.max(1, Math.min(seconds, ask.durationSeconds - spentOnTheWay))
      const { Credentials } = await client.send(new GetScopedCredentialsCommand({ Policy: policy, DurationSeconds }))
      return credentialsOf(Credentials, ask.role)
    } catch (cause) {
      if (!unavailable.has(faultName(cause))) return refused(ask.role, cause)
      this.#uncut.set(ask.role, faultName(cause))
      return undefined
    } finally {
      client.destroy()
    }
  }
}

const spentOnTheWay = 10

function refused(role: string, cause: unknown): never {
  if (cause instanceof BrokerUnavailable) throw cause
  const name = faultName(cause)
  if (refusals.has(name)) throw new BrokerRefused(`STS refused the role \`${role}\`: \`${name}\``, { cause })
  throw new BrokerUnavailable(`STS did not answer for the role \`${role}\`: \`${name}\``, { cause })
}

export function credentialsOf(credentials: Credentials | undefined, role: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken } = credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken)
    throw new BrokerUnavailable(`STS answered without credentials for the role \`${role}\``)
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

export const connectSts = (credentials?: AwsCredentials) =>
  new STSClient({ ...bounded(3, 4000), ...defined({ credentials }) })
