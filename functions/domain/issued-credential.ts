import type { Entry } from './ledger.ts'
import { Claim } from './request.ts'
import { CredentialId, NumericDate } from './values.ts'

/** A credential that was issued, whatever has become of it. AWS credentials are of a session of a role, by its ARN. */
export type IssuedCredential = {
  id: CredentialId
  claim: Claim
  issuedAt: NumericDate
  expiresAt: NumericDate
  role?: string
}

/**
 * Every credential that was ever issued of a request, the first one first. The state has only what may still be good; the
 * record has them all.
 */
export function credentialsIssued(entries: readonly Entry[]): readonly IssuedCredential[] {
  const roles = new Map(
    entries.flatMap(({ type, facts }) => (type === 'CredentialIntended' ? [[facts['credential'], roleIn(facts)]] : [])),
  )
  return entries
    .filter(({ type }) => type === 'CredentialIssued')
    .map(({ at, facts }) => {
      const role = roles.get(facts['credential'])
      return {
        id: CredentialId.parse(facts['credential']),
        claim: Claim.parse(facts['claim']),
        issuedAt: Math.floor(Date.parse(at) / 1000),
        expiresAt: NumericDate.parse(facts['expiresAt']),
        ...(role === undefined ? {} : { role }),
      }
    })
}

const roleIn = ({ session }: Entry['facts']): string | undefined =>
  typeof session === 'object' && session !== null && 'role' in session ? String(session['role']) : undefined
