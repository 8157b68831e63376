import { BadRequest } from '../../adapters/http/problem.ts'
import { JoseIdTokens, type LoginIssuer } from '../../adapters/jose/login-checks.ts'
import { OpenIdLoginProvider } from '../../adapters/openid-client/openid-login-provider.ts'
import { SystemSecrets } from '../../adapters/system/system.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { LoginPorts } from '../../operations/people/log-in.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'

/** The provider at which people log in, as the deployment names it. */
export function loginIssuerOf({ deployment: { login, issuers } }: Pick<Bundle, 'deployment'>): LoginIssuer | undefined {
  const issuer = login && Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!login || !issuer || (issuer.kind !== undefined && issuer.kind !== 'oidc')) return undefined
  return { alias: login.issuer, issuer, clientId: login.clientId }
}

/** What logging in needs, made when a person logs in. @throws BadRequest when the deployment does not say where people log in */
export function loginPorts(
  sessions: LoginPorts['sessions'],
  { policy, clock, log }: { policy: Policy; clock: Clock; log: Log },
): () => LoginPorts {
  const of = loginIssuerOf(policy.bundle)
  if (!of)
    return () => {
      throw new BadRequest({
        status: 503,
        code: 'no_login',
        title: 'Nobody can log in here yet',
        detail: 'Whoever runs Hotwork should say in the deployment file where people log in (login)',
      })
    }
  const provider = new OpenIdLoginProvider(of.issuer, of.clientId, clock)
  const tokens = new JoseIdTokens(of, clock)
  const ports = { sessions, provider, tokens, secrets: new SystemSecrets(), policy, clock, log }
  return () => ports
}
