// Rules: test/infra/lambdas.test.ts
import { apiProblem } from '../../adapters/http/problem.ts'
import { JoseIdTokens, loginIssuerOf } from '../../adapters/jose/login-checks.ts'
import { OpenIdLoginProvider } from '../../adapters/openid-client/openid-login-provider.ts'
import { SystemSecrets } from '../../adapters/system/system.ts'
import type { LoginPorts } from '../../operations/people/log-in.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { PagePorts } from '../pages/page-door.ts'
import { pagePorts } from './ports.ts'

type LoginWorld = Pick<LoginPorts, 'sessions' | 'policy' | 'clock' | 'log'>
export type LoginPagePorts = PagePorts & { login: () => LoginPorts }

/**
 * The ports of a login.
 * @returns a getter that throws BadRequest if the deployment has no identity provider
 */
export function loginPorts({ sessions, policy, clock, log }: LoginWorld): () => LoginPorts {
  const of = loginIssuerOf(policy.bundle)
  if (!of)
    return () => {
      throw apiProblem(503, 'no_login')
    }
  const provider = new OpenIdLoginProvider(of.issuer, of.clientId, clock)
  const tokens = new JoseIdTokens(of, clock)
  const ports = { sessions, provider, tokens, secrets: new SystemSecrets(), policy, clock, log }
  return () => ports
}

export function loginPagePorts(told: Parameters<typeof pagePorts>[0], policy: Policy) {
  const ports = pagePorts(told, policy)
  return { ...ports, login: loginPorts(ports) }
}
