import { AssumeRoleCommand, type Credentials, GetScopedCredentialsCommand, STSClient } from '@aws-sdk/client-sts'
import type { AssumeAsk, AwsCredentialBroker, AwsCredentials } from '../../operations/credentials/ports.ts'
import { BrokerRefused, BrokerUnavailable } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'

/** STS said no to this very ask: asking again changes nothing until the deployment does. */
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

/**
 * What says that `GetScopedCredentials` cannot be had here, rather than that it failed: this Region's STS does not know
 * it, or the target role may not call it.
 */
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
 * Assumes the target role by STS. The role's trust policy demands the external id, the session name and the tags.
 *
 * STS gives no session under 900 s. Where it is asked to, and can, this cuts the session to the second with
 * `GetScopedCredentials`, so that the credentials themselves are dead when the grant is. Where it cannot, it says so in the
 * log, for each credential, and the session policy ends them: the very policy that they would have been cut to, with the
 * time condition that it has anyway.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetScopedCredentials.html
 */
export class StsBroker implements AwsCredentialBroker {
  readonly #client: STSClient
  readonly #as: (credentials: AwsCredentials) => STSClient
  readonly #log: Log
  /**
   * Roles whose sessions cannot be cut, by what STS said. Found out once a cold start and role: asking in vain each time
   * would cost every caller a call.
   */
  readonly #uncut = new Map<string, string>()

  constructor(log: Log, client: STSClient = connect(), as: (credentials: AwsCredentials) => STSClient = connectAs) {
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
    const command = new AssumeRoleCommand({
      RoleArn: ask.role,
      ExternalId: ask.externalId,
      RoleSessionName: ask.sessionName,
      SourceIdentity: ask.sourceIdentity,
      Tags: Object.entries(ask.tags).map(([Key, Value]) => ({ Key, Value })),
      ...(policy !== undefined && { Policy: policy }),
      DurationSeconds: ask.durationSeconds,
    })
    const { Credentials } = await this.#client.send(command).catch((cause: unknown) => refused(ask.role, cause))
    return credentialsOf(Credentials, ask.role)
  }

  /**
   * The session between has no session policy, since one that forbids further scoping would forbid this too. It can do no
   * more than the broker may ask for anyway, and never leaves this process.
   */
  async #assumeScoped({ policy, ...ask }: AssumeAsk, seconds: number): Promise<AwsCredentials | undefined> {
    const session = await this.#assumeRole(ask)
    const client = this.#as(session)
    try {
      // Some of the session is spent by now, and STS refuses to cut it longer than it is.
      const DurationSeconds = Math.max(1, Math.min(seconds, ask.durationSeconds - spentOnTheWay))
      const { Credentials } = await client.send(new GetScopedCredentialsCommand({ Policy: policy, DurationSeconds }))
      return credentialsOf(Credentials, ask.role)
    } catch (cause) {
      if (!unavailable.has(nameOf(cause))) return refused(ask.role, cause)
      this.#uncut.set(ask.role, nameOf(cause))
      return undefined
    } finally {
      client.destroy()
    }
  }
}

const spentOnTheWay = 10

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : typeof cause)

function refused(role: string, cause: unknown): never {
  if (cause instanceof BrokerUnavailable) throw cause
  const name = nameOf(cause)
  if (refusals.has(name)) throw new BrokerRefused(`STS refused the role \`${role}\`: \`${name}\``, { cause })
  throw new BrokerUnavailable(`STS did not answer for the role \`${role}\`: \`${name}\``, { cause })
}

function credentialsOf(credentials: Credentials | undefined, role: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken } = credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken)
    throw new BrokerUnavailable(`STS answered without credentials for the role \`${role}\``)
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

const settings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
}
const connect = () => new STSClient(settings)
const connectAs = (credentials: AwsCredentials) => new STSClient({ ...settings, credentials })
