import { GetRoleCommand, paginateListRoles } from '@aws-sdk/client-iam'
import type { ListedRole, RoleBoundaries, RoleList } from '../../../operations/agents/ports.ts'
import { HostUnseen } from '../../../operations/faults.ts'
import { whyUnseen } from './host-simulator.ts'
import { type CredentialsFor, IamClients, nameOf } from './role-policies.ts'

/** The timeout of a list, with its pages and retries. Milliseconds. */
const patienceMs = 30_000
/** The highest quota of roles in an account. */
const mostRoles = 5000

/** Lists the roles of an account with their trust policies: one page has a thousand, without boundaries. */
export class IamRoleList implements RoleList, RoleBoundaries {
  readonly #clients: IamClients

  constructor(credentialsFor?: CredentialsFor) {
    this.#clients = new IamClients(credentialsFor)
  }

  async roles({ partition, accountId }: { partition: string; accountId: string }): Promise<readonly ListedRole[]> {
    const client = this.#clients.of(`arn:${partition}:iam::${accountId}:role/any`)
    const abortSignal = AbortSignal.timeout(patienceMs)
    const found: ListedRole[] = []
    try {
      for await (const { Roles = [] } of paginateListRoles({ client, pageSize: 1000 }, {}, { abortSignal })) {
        found.push(
          ...Roles.map(({ Arn = '', AssumeRolePolicyDocument = '' }) => ({
            arn: Arn,
            trust: decoded(AssumeRolePolicyDocument),
          })),
        )
        if (found.length > mostRoles) throw new HostUnseen('fault')
      }
    } catch (cause) {
      if (cause instanceof HostUnseen) throw cause
      throw new HostUnseen(abortSignal.aborted ? 'too_slow' : whyUnseen(cause), { cause })
    }
    return found
  }

  async boundary(role: string): Promise<string | null> {
    const abortSignal = AbortSignal.timeout(patienceMs)
    try {
      const get = new GetRoleCommand({ RoleName: nameOf(role) })
      const { Role } = await this.#clients.of(role).send(get, { abortSignal })
      return Role?.PermissionsBoundary?.PermissionsBoundaryArn ?? null
    } catch (cause) {
      throw new HostUnseen(abortSignal.aborted ? 'too_slow' : whyUnseen(cause), { cause })
    }
  }
}

/** IAM encodes the document as in a URL. An undecodable one becomes an empty text, which counts as unreadable. */
function decoded(document: string): string {
  try {
    return decodeURIComponent(document)
  } catch {
    return ''
  }
}
