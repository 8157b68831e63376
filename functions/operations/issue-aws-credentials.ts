import { deriveStatement } from '../domain/catalogue.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type ApprovalRequest, type ApprovedRequest, grantOf } from '../domain/request.ts'
import { sessionPolicy } from '../domain/session-policy.ts'
import { type NumericDate, ok, type Result, refuse } from '../domain/values.ts'
import { authorityOf } from './authority.ts'
import { carryOut } from './carry-out.ts'
import { BrokerRefused } from './faults.ts'
import { overtaken } from './issue-token.ts'
import type { AccessToken, AwsCredentialBroker, AwsCredentials, DecidingPorts, OnceOnly } from './ports.ts'
import { stillStands } from './still-stands.ts'

/**
 * STS gives no shorter session than 15 minutes, and no longer one to a role that was itself assumed than an hour. Inside
 * that, the session policy's time condition is what ends it.
 */
const [shortest, longest] = [900, 3600]

type Ports = DecidingPorts & { broker: AwsCredentialBroker; targetRole: string }
export type IssuedAwsCredentials = AwsCredentials & { expiresAt: NumericDate }

/**
 * Exchanges a live access token for AWS credentials that can do the approved action on the approved resource until the
 * grant ends. Asking again replaces the credentials before; it begins no second use.
 *
 * @throws BrokerRefused, BrokerUnavailable, StoreUnavailable, StaleRequest
 */
export async function issueAwsCredentials(
  token: AccessToken,
  once: OnceOnly,
  ports: Ports,
): Promise<Result<IssuedAwsCredentials, Refusal>> {
  const { policy, ids, clock } = ports
  const [credential, use] = [ids.credential(), ids.use()]
  const { request: id, agent, jkt, jti: presented } = token
  const bundle = policy.bundle.hash
  const stored = await ports.requests.load(id)
  if (!stored) return refuse('unknown_request')
  const target = targetOf(stored.state.ask.action, ports)
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
  const credentials = await ports.broker.assume(assumeAsk(live, credential, seconds, target, ports))
  const issued = await carryOut(id, ports, () => ({ type: 'issue', agent, claim: 'aws', credential, use, bundle }))
  if (!issued.ok) return overtaken(issued)
  const stands = await stillStands(issued.value, ports, target.role)
  if (!stands.ok) return stands
  // What is told to expire later than it does would be used in vain.
  return ok({ ...credentials, expiresAt: Math.min(live.grant.notAfter, endsAt) })
}

/** As long as the grant may still live, within what STS allows. */
function sessionSeconds(state: ApprovalRequest, now: NumericDate): number {
  const left = (grantOf(state)?.notAfter ?? now) - now
  return Math.min(Math.max(left, shortest), longest)
}

function targetOf(action: string, { policy: { bundle }, targetRole }: Pick<Ports, 'policy' | 'targetRole'>) {
  const alias = bundle.actions[action]?.account
  const account = alias === undefined ? undefined : bundle.deployment.accounts[alias]
  if (!account) return undefined
  return { account, role: `arn:${account.partition}:iam::${account.accountId}:role/${targetRole}` }
}

function assumeAsk(
  { ask, grant }: ApprovedRequest,
  credential: string,
  durationSeconds: number,
  { account, role }: NonNullable<ReturnType<typeof targetOf>>,
  { policy: { bundle } }: Ports,
) {
  const entry = bundle.actions[ask.action]
  const statement = entry && deriveStatement(entry, ask.arguments, account)
  if (!statement) throw new BrokerRefused(`\`${ask.action}\` has no IAM statement`)
  return {
    role,
    externalId: account.externalId,
    sessionName: ask.id,
    sourceIdentity: ask.id,
    tags: {
      'hotwork:request': ask.id,
      'hotwork:credential': credential,
      'hotwork:agent': ask.agent.id,
      'hotwork:owner': ask.owner,
      'hotwork:digest': ask.digest,
    },
    policy: sessionPolicy(statement, grant.notAfter),
    durationSeconds,
  }
}
