import { DeleteRolePolicyCommand, IAMClient, NoSuchEntityException, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Deny, RolePolicies } from '../../operations/ports.ts'

/** The inline policy that is ours on a target role; nothing else may have this name. */
const policyName = 'HotworkDeny'

/** All inline policies of a role together; white space does not count, and there is none in ours. */
const characterLimit = 10_240

/** More must be denied on a role than IAM can hold. Sessions live 15 minutes, so this passes; until then, halt the agent. */
export class DenyListFull extends Error {
  override readonly name = 'DenyListFull'
}

/** The one inline policy by which ended sessions of a role are denied everything. Written by one writer a role. */
export class IamRolePolicies implements RolePolicies {
  readonly #client: IAMClient

  constructor(client: IAMClient = connect()) {
    this.#client = client
  }

  async putDeny(role: string, denies: readonly Deny[]): Promise<void> {
    const named = { RoleName: role.slice(role.lastIndexOf('/') + 1), PolicyName: policyName }
    if (denies.length > 0) {
      await this.#client.send(new PutRolePolicyCommand({ ...named, PolicyDocument: renderDeny(denies) }))
      return
    }
    try {
      await this.#client.send(new DeleteRolePolicyCommand(named))
    } catch (cause) {
      if (!(cause instanceof NoSuchEntityException)) throw cause
    }
  }
}

/**
 * The policy that denies everything to each session that carries one of these tags. The same denies in any order give
 * the same text.
 *
 * @throws DenyListFull when IAM would not take it
 */
export function renderDeny(denies: readonly Deny[]): string {
  const byTag = Map.groupBy(denies, ({ tag }) => tag)
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [...byTag.keys()].sort().map((tag) => ({
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { StringEquals: { [`aws:PrincipalTag/${tag}`]: valuesOf(byTag.get(tag)) } },
    })),
  })
  if (document.length > characterLimit)
    throw new DenyListFull(
      `a deny of ${denies.length} sessions has ${document.length} characters and IAM takes ${characterLimit}`,
    )
  return document
}

const valuesOf = (denies: readonly Deny[] = []): string[] => [...new Set(denies.map(({ value }) => value))].sort()

const connect = () =>
  new IAMClient({
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  })
