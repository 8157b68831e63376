import type { LoginIssuer } from '../../adapters/jose/login-checks.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Json } from '../../domain/values.ts'

/** The provider at which people log in, as the deployment names it. */
export function loginIssuerOf({ deployment: { login, issuers } }: Pick<Bundle, 'deployment'>): LoginIssuer | undefined {
  const issuer = login && Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!login || !issuer || (issuer.kind !== undefined && issuer.kind !== 'oidc')) return undefined
  return { alias: login.issuer, issuer, clientId: login.clientId }
}

/** Where, as what and for what the command line logs people in, as it is told: nothing of it is secret. */
export function commandLineLogin(
  { deployment, breakGlass }: Pick<Bundle, 'deployment' | 'breakGlass'>,
  ownIssuer: string,
): { [member: string]: Json } | undefined {
  const { login } = deployment
  const where = loginIssuerOf({ deployment })
  if (!login?.commandLine || !where) return undefined
  const { clientId, scope, resource } = login.commandLine
  return {
    issuer: where.issuer.issuer,
    client_id: clientId,
    scope,
    ...(resource === undefined ? {} : { resource: resource.replaceAll('{issuer}', ownIssuer) }),
    ...(breakGlass ? openingLogin(breakGlass) : {}),
  }
}

/**
 * Which login break-glass takes, where it takes the same for all of it: so that somebody in a hurry logs in once.
 * It promises nothing, and the answer of the API is what counts.
 */
function openingLogin({ action, profiles }: NonNullable<Bundle['breakGlass']>): { break_glass?: Json } {
  const { acr, maxAge } = action.login
  if (profiles.some(({ login }) => login.acr !== acr || login.maxAge !== maxAge)) return {}
  return {
    break_glass: {
      ...(acr === undefined ? {} : { acr_values: acr }),
      ...(maxAge === undefined ? {} : { max_age: maxAge }),
    },
  }
}
