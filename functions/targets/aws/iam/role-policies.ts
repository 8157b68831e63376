import type { IAMClientConfig } from '@aws-sdk/client-iam'
import { DeleteRolePolicyCommand, IAMClient, NoSuchEntityException, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { bounded } from '../../../adapters/aws-client.ts'
import type { Deny } from '../../../domain/credentials/denies.ts'
import { defined, rfc3339 } from '../../../domain/values.ts'
import type { RolePolicies } from '../ports.ts'

type Credentials = NonNullable<IAMClientConfig['credentials']>
export type CredentialsFor = (role: string) => Credentials | undefined

/** One client of IAM for each account, since all its roles share credentials. */
export class IamClients {
  readonly #credentialsFor: CredentialsFor
  readonly #clients = new Map<string | undefined, IAMClient>()

  constructor(credentialsFor: CredentialsFor = () => undefined) {
    this.#credentialsFor = credentialsFor
  }

  of(role: string): IAMClient {
    const [, , , , account] = role.split(':')
    const client =
      this.#clients.get(account) ??
      new IAMClient({ ...bounded(4, 5000), ...defined({ credentials: this.#credentialsFor(role) }) })
    this.#clients.set(account, client)
    return client
  }
}

export const nameOf = (role: string): string => role.slice(role.lastIndexOf('/') + 1)

/** The name of Hotwork's inline policy on a target role, which no other policy may have. */
export const policyName = 'HotworkDeny'

/** The limit of a role's inline policies together. IAM ignores white space. */
const characterLimit = 10_240

/** The one inline policy by which all access is denied to ended sessions of a role. A role has one writer. */
export class IamRolePolicies implements RolePolicies {
  readonly #clients: IamClients

  constructor(credentialsFor?: CredentialsFor) {
    this.#clients = new IamClients(credentialsFor)
  }

  async putDeny(role: string, denies: readonly Deny[]): Promise<'put' | 'full'> {
    const named = { RoleName: nameOf(role), PolicyName: policyName }
    if (denies.length > 0) {
      const PolicyDocument = renderDeny(denies)
      if (PolicyDocument.length > characterLimit) return 'full'
      await this.#clients.of(role).send(new PutRolePolicyCommand({ ...named, PolicyDocument }))
      return 'put'
    }
    try {
      await this.#clients.of(role).send(new DeleteRolePolicyCommand(named))
    } catch (cause) {
      if (!(cause instanceof NoSuchEntityException)) throw cause
    }
    return 'put'
  }
}

/** The policy, with one statement for each tag and time. Equal denies in any order give the same text. */
export function renderDeny(denies: readonly Deny[]): string {
  const alike = Map.groupBy(denies, ({ tag, issuedBefore = '' }) => `${tag} ${issuedBefore}`)
  const statements = [...alike.keys()].sort().map((key) => ({
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: conditionOf(alike.get(key) ?? []),
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

function conditionOf(alike: readonly Deny[]) {
  const [{ tag, issuedBefore } = {}] = alike
  const values = [...new Set(alike.map(({ value }) => value))].sort()
  return defined({
    StringEquals: tag === undefined || tag === '*' ? undefined : { [`aws:PrincipalTag/${tag}`]: values },
    DateLessThan: issuedBefore === undefined ? undefined : { 'aws:TokenIssueTime': rfc3339(issuedBefore) },
  })
}
