// Rules: test/http/identities.test.ts
import * as z from 'zod'
import type { Agent } from '../people/organisation.ts'
import { AgentId, type NumericDate } from '../values.ts'
import type { Bundle } from './bundle.ts'

/** The issuer and subject of its workload token. */
export const AgentRef = z.strictObject({ id: AgentId, issuer: z.string(), subject: z.string() })
export type AgentRef = z.infer<typeof AgentRef>

/** The agent with its present identity. If that pins no subject, its own name is the subject. */
export function agentRefOf({ id, identities }: Agent, { deployment }: Bundle, now: NumericDate): AgentRef {
  const identity =
    identities.find(({ validFrom = 0, validUntil = now + 1 }) => validFrom <= now && now < validUntil) ?? identities[0]
  const issuer = identity && deployment.issuers[identity.issuer]
  const name = !issuer ? 'unknown' : issuer.kind === 'spiffe' ? `spiffe://${issuer.trustDomain}` : issuer.issuer
  return { id, issuer: name, subject: identity?.subject ?? id }
}
