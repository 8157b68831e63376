import { commonClaims, type OidcIssuer } from '../../domain/people/identity-issuer.ts'
import type { Clock } from '../../operations/ports.ts'
import { keysOf } from './fetch-jwks.ts'
import { bearer, type IdentitySource, invalid, textOf, type VerifiedToken } from './identity-source.ts'

/** A token that is for identity says one of these of itself, or nothing (RFC 9068, RFC 7519 section 5.1). */
const identityTypes = new Set(['jwt', 'jose', 'at+jwt', 'application/at+jwt'])

/** Any OpenID Connect issuer: the subject is who it is, as the issuer says it. */
export function oidcSource(
  { issuer, jwksUri, maxAge }: Pick<OidcIssuer, 'issuer' | 'jwksUri' | 'maxAge'>,
  clock: Clock,
): IdentitySource {
  return {
    issuer,
    claims: ({ iss }) => iss === issuer,
    isFor: (audience, { aud }) => aud === audience,
    keysId: jwksUri ?? `discovered from ${issuer}`,
    fetchKeys: keysOf(jwksUri === undefined ? { issuer } : { issuer, jwksUri }, clock),
    requiredClaims: ['iss', 'iat'],
    maxAge,
    read: ({ header: { typ }, payload }: VerifiedToken) => {
      if (typ !== undefined && !identityTypes.has(typ.toLowerCase()))
        return invalid('its `typ` is that of something else')
      const own = Object.keys(payload).filter((name) => !commonClaims.includes(name))
      return bearer(payload.sub, textOf(payload, own))
    },
  }
}
