// Rules: test/operations/requests/reevaluation.test.ts
import type { Said, StatementClaims } from '../../domain/credentials/statements.ts'
import { bindingHash } from '../../domain/digest.ts'
import { type BoundTerms, digested } from '../../domain/record/ask-terms.ts'
import { type ApprovalRequest, grantOf } from '../../domain/record/request.ts'
import type { AgentId, EvaluationId, Json, JsonObject, NumericDate } from '../../domain/values.ts'
import { isAgent } from '../../domain/values.ts'
import type { Statements } from './ports.ts'

/** An AuthZEN entity. Its properties are bound: a submission must repeat those of its evaluation. */
export type Entity = { type: string; id: string; properties?: JsonObject | undefined }
export type Bound = {
  subject: Entity
  action: { name: string; properties: Json }
  resource: Entity
} & BoundTerms

export function denialClaims(
  ask: Bound,
  { id, agent, expiresAt }: { id: EvaluationId; agent: AgentId; expiresAt: NumericDate },
): Said<'denial'> {
  return {
    ...{ sub: agent, jti: id, exp: expiresAt },
    binding_context_members: Object.keys(contextOf(ask)),
    binding_hash: hashOf(ask),
  }
}

export const bindsTo = (claims: StatementClaims<'denial'>, ask: Bound): boolean => claims.binding_hash === hashOf(ask)

/** The subject without its actor, which is not bound: a submitter may move it (ARAP). */
export function withoutActor({ properties, ...subject }: Entity): Json {
  if (!properties) return subject
  const { act: _, ...rest } = properties
  return { ...subject, properties: rest }
}

const hashOf = (ask: Bound): string =>
  bindingHash({
    subject: withoutActor(ask.subject),
    resource: ask.resource as Json,
    action: { name: ask.action.name, properties: ask.action.properties },
    context: contextOf(ask),
  })

/** The members of the context that the caller sent. */
const contextOf = (ask: Bound): JsonObject =>
  Object.fromEntries(Object.entries(digested('bound', ask)).filter(([, value]) => value !== null))

export async function signApproval(
  state: ApprovalRequest,
  statements: Pick<Statements, 'sign'>,
): Promise<string | undefined> {
  const grant = grantOf(state)
  const { id, agent, digest } = state.ask
  if (state.status !== 'approved' || !grant || !isAgent(agent.id)) return undefined
  return statements.sign('approval', {
    ...{ sub: agent.id, jti: grant.id, txn: id, exp: grant.notAfter, digest },
  })
}
