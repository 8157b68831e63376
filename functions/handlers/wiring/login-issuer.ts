import type { LoginIssuer } from '../../adapters/jose/id-token.ts'
import type { Bundle } from '../../domain/bundle.ts'

/** The provider at which people log in, as the deployment names it. */
export function loginIssuerOf({ deployment: { login, issuers } }: Pick<Bundle, 'deployment'>): LoginIssuer | undefined {
  const issuer = login && Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!login || !issuer || (issuer.kind !== undefined && issuer.kind !== 'oidc')) return undefined
  return { alias: login.issuer, issuer, clientId: login.clientId }
}
