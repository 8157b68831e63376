import { longestCredential } from '../domain/break-glass/break-glass.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { ApprovedRequest } from '../domain/requests/request.ts'
import { type NumericDate, ok, type Result, refuse } from '../domain/values.ts'
import { authorityOf } from './authority.ts'
import { carryOut } from './carry-out.ts'
import { BrokerRefused } from './faults.ts'
import { overtaken } from './issue-token.ts'
import type { AccessToken, AwsCredentials, OnceOnly } from './ports.ts'
import { stillStands } from './still-stands.ts'
import { type BrokerPorts, policyOf, sessionOf, sessionSeconds, targetOf } from './target-session.ts'

export type IssuedAwsCredentials = AwsCredentials & { expiresAt: NumericDate }

/**
 * Exchanges a live access token for AWS credentials that can do the approved action on the approved resource until the
 * grant ends. Asking again replaces the credentials before; it begins no second use.
 *
 * @throws BrokerRefused, BrokerUnavailable, StoreUnavailable, StaleRequest, Overtaken
 */
export async function issueAwsCredentials(
  token: AccessToken,
  once: OnceOnly,
  ports: BrokerPorts,
): Promise<Result<IssuedAwsCredentials, Refusal>> {
  const { policy, ids, clock } = ports
  const [credential, use] = [ids.credential(), ids.use()]
  const { request: id, agent, jkt, jti: presented } = token
  const bundle = policy.bundle.hash
  const stored = await ports.requests.load(id)
  if (!stored) return refuse('unknown_request')
  const target = targetOf(stored.state.ask, ports)
  const intended = await carryOut(
    id,
    ports,
    async (state, now) => ({
      ...(await authorityOf(state, 'issue', now, ports, target ? { role: target.role } : {})),
      type: 'intend',
      agent,
      jkt,
      claim: 'aws',
      credential,
      presented,
      bundle,
      ...(target ? { session: { role: target.role, endsAt: now + sessionSeconds(state, now) + 60 } } : {}),
    }),
    [once, { key: `JTI#${credential}`, value: id, expiresAt: clock.now() + 86_400 }],
  )
  if (!intended.ok) return intended
  if (!target) throw new BrokerRefused('the action names no account of this deployment')
  const live = intended.value.state as ApprovedRequest
  const seconds = sessionSeconds(live, clock.now())
  const endsAt = clock.now() + seconds
  const until = live.ask.breakGlass
    ? Math.min(live.grant.notAfter, clock.now() + longestCredential)
    : live.grant.notAfter
  const sessionPolicy = policyOf(live.ask, target, policy.bundle, until)
  if (sessionPolicy === undefined) throw new BrokerRefused(`\`${live.ask.action}\` has no IAM statement`)
  const credentials = await ports.broker.assume({
    ...sessionOf(live.ask, credential, target),
    policy: sessionPolicy,
    durationSeconds: seconds,
    ...(target.account.scopedCredentials && { scopedSeconds: until - clock.now() }),
  })
  const issued = await carryOut(id, ports, () => ({ type: 'issue', agent, claim: 'aws', credential, use, bundle }))
  if (!issued.ok) return overtaken(issued)
  const stands = await stillStands(issued.value, ports, target.role)
  if (!stands.ok) return stands
  // What is told to expire later than it does would be used in vain.
  return ok({ ...credentials, expiresAt: Math.min(until, endsAt) })
}
