import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import type { Account } from '../../domain/policy/bundle.ts'
import { BrokerUnavailable } from '../../operations/faults.ts'

/** What AWS clients take: they ask again shortly before these end. */
type Session = { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration?: Date }

/** STS's shortest. Seconds. */
const sessionSeconds = 900

/**
 * What the policies of a target role in another account are written with, or read: a session of that account's revoker, which
 * may write those and nothing else, or of its auditor, which may only read. Its trust demands the external id of one of the
 * account's aliases.
 *
 * @param home the account that this runs in, whose target role needs no other session
 * @returns for the ARN of a target role its credentials, fetched when they are needed; undefined at home
 */
export function foreignRevokers(
  { home, accounts }: { home: string; accounts: { readonly [alias: string]: Account } },
  client: STSClient = connect(),
  as: 'revoker' | 'auditor' = 'revoker',
): (targetRole: string) => (() => Promise<Session>) | undefined {
  return (targetRole) => {
    const [, , , , accountId] = targetRole.split(':')
    if (accountId === home) return undefined
    const account = Object.values(accounts).find((each) => each.accountId === accountId)
    const revoker = targetRole.replace(/-(?:target|sealed)$/, `-${as}`)
    return async () => {
      if (!account) throw new BrokerUnavailable(`the role \`${targetRole}\` is in no account of the deployment`)
      const command = new AssumeRoleCommand({
        RoleArn: revoker,
        RoleSessionName: `hotwork-${as}`,
        ExternalId: account.externalId,
        DurationSeconds: sessionSeconds,
      })
      const { Credentials } = await client.send(command).catch((cause: unknown) => {
        const name = cause instanceof Error ? cause.name : typeof cause
        throw new BrokerUnavailable(`STS did not give the role \`${revoker}\`: \`${name}\``, { cause })
      })
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {}
      if (!AccessKeyId || !SecretAccessKey || !SessionToken)
        throw new BrokerUnavailable(`STS answered without credentials for the role \`${revoker}\``)
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        ...(Expiration && { expiration: Expiration }),
      }
    }
  }
}

/** The auditors of other accounts, by the same rules. */
export const foreignAuditors = (where: Parameters<typeof foreignRevokers>[0]) =>
  foreignRevokers(where, connect(), 'auditor')

const connect = () =>
  new STSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
  })
