import { rightsStatements } from '../../domain/break-glass/rights.ts'
import { expiryOf } from '../../domain/credentials/issue.ts'
import { openingPolicy } from '../../domain/credentials/session-policy.ts'
import { type Account, accountOf, type Bundle } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, deriveStatement } from '../../domain/policy/catalogue.ts'
import type { EndingCode, Intend, Issue } from '../../domain/requests/commands.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { actionsOf, openingOf } from '../../domain/requests/origin.ts'
import { type ApprovalRequest, type ApprovedRequest, type Ask, grantOf } from '../../domain/requests/request.ts'
import { type CredentialId, type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import { BrokerRefused } from '../faults.ts'
import type { OnceOnly } from '../ports.ts'
import { atIssue, type ReaderPorts } from '../previews/read-again.ts'
import { carryOut, readToAct } from '../requests/carry-out.ts'
import type { MakingPorts } from '../requests/ports.ts'
import type { AccessToken, AssumeAsk, AwsCredentialBroker, AwsCredentials } from './ports.ts'
import { overtaken } from './tokens.ts'

/** What STS allows, and an hour is the most for a role that was itself assumed. The session policy ends it sooner. */
export const [shortest, longest] = [900, 3600] as const

export type BrokerPorts = MakingPorts & ReaderPorts & { broker: AwsCredentialBroker; targetRole: string }

export type Target = { entry: CatalogueEntry; account: Account; role: string }

export function targetOf(
  ask: Parameters<typeof actionsOf>[0],
  { policy: { bundle }, targetRole }: Pick<BrokerPorts, 'policy' | 'targetRole'>,
): Target | undefined {
  // All of a profile happens in one account, so any of its actions names it.
  const [action = ask.action] = actionsOf(ask)
  const entry = bundle.actions[action]
  const account = entry && accountOf(bundle, entry)
  if (!entry || !account) return undefined
  return { entry, account, role: `arn:${account.partition}:iam::${account.accountId}:role/${targetRole}` }
}

/** Undefined where no AWS action was approved. In a drill it denies everything. */
function policyOf(ask: Ask, { entry, account }: Target, bundle: Bundle, notAfter: NumericDate): string | undefined {
  const opening = openingOf(ask)
  const { drill } = opening ?? { drill: false }
  if (opening?.profile !== undefined)
    return openingPolicy(rightsStatements(opening.rights, bundle.actions, account), notAfter, { drill })
  const statement = deriveStatement(entry, ask.arguments, account)
  return statement && openingPolicy([statement], notAfter, { drill })
}

function sessionSeconds(state: ApprovalRequest, now: NumericDate): number {
  const left = (grantOf(state)?.notAfter ?? now) - now
  return Math.min(Math.max(left, shortest), longest)
}

export const sessionOf = (
  ask: Ask,
  credential: CredentialId,
  { account, role }: Target,
): Omit<AssumeAsk, 'policy' | 'durationSeconds'> => ({
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
})

export type AwsRefusal = RefusalOf<Intend | Issue> | EndingCode | 'replayed'
type IssuedAwsCredentials = AwsCredentials & { expiresAt: NumericDate }

/**
 * AWS credentials that can do the approved action until the grant ends. Asking again replaces the credentials before;
 * it begins no second use. @throws BrokerRefused, BrokerUnavailable, Overtaken
 */
export async function issueAwsCredentials(
  token: AccessToken,
  once: OnceOnly,
  ports: BrokerPorts,
): Promise<Result<IssuedAwsCredentials, AwsRefusal>> {
  const { policy, ids, clock } = ports
  const { request: id, agent, jkt, jti: presented } = token
  const [credential, use] = [ids.credential(), ids.use(id)]
  const stored = await readToAct(id, ports)
  if (!stored) return refuse('unknown_request')
  const target = targetOf(stored.state.ask, ports)
  const intended = await carryOut(
    id,
    ports,
    async (state, now, requests) => ({
      ...(await atIssue(state, 'aws', now, { ...ports, requests }, target?.role)),
      type: 'intend',
      agent,
      jkt,
      claim: 'aws',
      credential,
      presented,
      ...(target ? { session: { role: target.role, endsAt: now + sessionSeconds(state, now) + 60 } } : {}),
    }),
    [once],
    { first: stored, toAct: true },
  )
  if (!intended.ok) return intended
  if (!target) throw new BrokerRefused('the action names no account of this deployment')
  const live = intended.value.state as ApprovedRequest
  const seconds = sessionSeconds(live, clock.now())
  const endsAt = clock.now() + seconds
  const until = expiryOf(live, clock.now())
  const sessionPolicy = policyOf(live.ask, target, policy.bundle, until)
  if (sessionPolicy === undefined) throw new BrokerRefused(`\`${live.ask.action}\` has no IAM statement`)
  const credentials = await ports.broker.assume({
    ...sessionOf(live.ask, credential, target),
    policy: sessionPolicy,
    durationSeconds: seconds,
    ...(target.account.scopedCredentials && { scopedSeconds: until - clock.now() }),
  })
  const issue = { type: 'issue', agent, claim: 'aws', credential, use } as const
  const handsOut = { role: target.role }
  const issued = await carryOut(id, ports, () => issue, undefined, { first: intended.value, handsOut })
  if (!issued.ok) return overtaken(issued)
  // An `Expiration` later than the real one makes SDKs use dead credentials.
  return ok({ ...credentials, expiresAt: Math.min(until, endsAt) })
}
