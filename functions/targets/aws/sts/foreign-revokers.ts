// Rules: test/targets/aws/iam/foreign-revokers.test.ts
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import type { Account } from '../../../domain/policy/bundle.ts'
import { defined } from '../../../domain/values.ts'
import { BrokerUnavailable, faultName } from '../../../operations/faults.ts'
import type { AwsCredentials } from '../ports.ts'
import { connectSts, credentialsOf } from './broker.ts'

/** The form for AWS clients, which ask again shortly before the end. */
type Session = AwsCredentials & { expiration?: Date }

const sessionSeconds = 900

/**
 * Sessions in a target account: of its revoker, which may only write a target role's policies, of its auditor, which
 * may only read, or of its simulator, which may only ask IAM about the hosts of agents. The trust policy of each
 * requires the external id of one of the account's aliases.
 * @param home the account that this runs in, which needs no other session
 * @returns for the ARN of a target role its credentials, fetched on demand; undefined at home
 */
export function foreignRevokers(
  { home, accounts }: { home: string; accounts: { readonly [alias: string]: Account } },
  client = connectSts(),
  as: 'revoker' | 'auditor' | 'simulator' = 'revoker',
): (targetRole: string) => (() => Promise<Session>) | undefined {
  return (targetRole) => {
    const [, , , , accountId] = targetRole.split(':')
    if (accountId === home) return undefined
    const account = Object.values(accounts).find((each) => each.accountId === accountId)
    const revoker = targetRole.replace(/-(?:target|runner|sealed)$/, `-${as}`)
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

/** For the ARN of a host, the simulator of its account. Its name is the target role's with another ending. */
export function foreignSimulators(where: Parameters<typeof foreignRevokers>[0], targetRole: string) {
  const simulators = foreignRevokers(where, connectSts(), 'simulator')
  return (host: string) => simulators(`${host.split(':').slice(0, 5).join(':')}:role/${targetRole}`)
}
