import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { BrokerRefused, BrokerUnavailable } from '../../operations/faults.ts'
import type { AssumeAsk, AwsCredentialBroker, AwsCredentials } from '../../operations/ports.ts'

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

/** Assumes the target role by STS. The role's trust policy demands the external id, the session name and the tags. */
export class StsBroker implements AwsCredentialBroker {
  readonly #client: STSClient

  constructor(client: STSClient = connect()) {
    this.#client = client
  }

  async assume(ask: AssumeAsk): Promise<AwsCredentials> {
    const command = new AssumeRoleCommand({
      RoleArn: ask.role,
      ExternalId: ask.externalId,
      RoleSessionName: ask.sessionName,
      SourceIdentity: ask.sourceIdentity,
      Tags: Object.entries(ask.tags).map(([Key, Value]) => ({ Key, Value })),
      Policy: ask.policy,
      DurationSeconds: ask.durationSeconds,
    })
    const { Credentials } = await this.#client.send(command).catch((cause: unknown) => {
      const name = cause instanceof Error ? cause.name : typeof cause
      if (refusals.has(name)) throw new BrokerRefused(`STS refused the role \`${ask.role}\`: \`${name}\``, { cause })
      throw new BrokerUnavailable(`STS did not answer for the role \`${ask.role}\`: \`${name}\``, { cause })
    })
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {}
    if (!AccessKeyId || !SecretAccessKey || !SessionToken)
      throw new BrokerUnavailable(`STS answered without credentials for the role \`${ask.role}\``)
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  }
}

const connect = () =>
  new STSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
  })
