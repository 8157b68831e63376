import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import type { Account } from '../../domain/policy/bundle.ts'
import { defined } from '../../domain/values.ts'
import type { AwsCredentials } from '../../operations/credentials/ports.ts'
import { BrokerUnavailable, faultName } from '../../operations/faults.ts'
import { connectSts, credentialsOf } from './broker.ts'

/** What AWS clients take: they ask again shortly before these end. */
type Session = AwsCredentials & { expiration?: Date }

const sessionSeconds = 900

/**
 * Sessions for the policies of a target role in another account: of its revoker, which may write those alone, or of its
 * auditor, which may only read. The trust of both demands the external id of one of the account's aliases.
 * @param home the account that this runs in, whose target role needs no other session
 * @returns for the ARN of a target role its credentials, fetched when they are needed; undefined at home
 */
export function foreignRevokers(
  { home, accounts }: { home: string; accounts: { readonly [alias: string]: Account } },
  client = connectSts(),
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
        throw new BrokerUnavailable(`STS did not give the role \`${revoker}\`: \`${faultName(cause)}\``, { cause })
      })
      return { ...credentialsOf(Credentials, revoker), ...defined({ expiration: Credentials?.Expiration }) }
    }
  }
}

export const foreignAuditors = (where: Parameters<typeof foreignRevokers>[0]) =>
  foreignRevokers(where, connectSts(), 'auditor')
