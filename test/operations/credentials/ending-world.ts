import { decodeJwt } from 'jose'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { World } from '../../support/world.ts'

/** A world in which agents take AWS credentials, and end their tasks. */
export class Ending extends World {
  /** An access token's id: what AWS credentials are asked for with. */
  async claim(request: ApprovalRequest): Promise<CredentialId> {
    const issued = await this.issueToken(request)
    if (!issued.ok) throw new Error(issued.code)
    return decodeJwt(issued.value.token).jti as CredentialId
  }

  /** The role and tags of a new session, as IAM would see them. */
  async session(request: ApprovalRequest, token: CredentialId) {
    const issued = await this.issueAws(request, token)
    if (!issued.ok) throw new Error(issued.code)
    const session = this.broker.session(issued.value.accessKeyId)
    if (!session) throw new Error('no session')
    return session
  }

  complete = ({ ask }: ApprovalRequest) =>
    completeRequest({ id: ask.id, agent: ask.agent.id, outcome: 'succeeded' }, this.ports)
}
