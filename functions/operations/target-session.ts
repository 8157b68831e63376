import { rightsStatements } from '../domain/break-glass/rights.ts'
import { emergencyPolicy } from '../domain/credentials/session-policy.ts'
import { type Account, accountOf, type Bundle } from '../domain/policy/bundle.ts'
import { type CatalogueEntry, deriveStatement } from '../domain/policy/catalogue.ts'
import { type ApprovalRequest, type Ask, grantOf } from '../domain/requests/request.ts'
import type { CredentialId, NumericDate } from '../domain/values.ts'
import type { AssumeAsk, AwsCredentialBroker, DecidingPorts } from './ports.ts'

/**
 * STS gives no shorter session than 15 minutes, and no longer one to a role that was itself assumed than an hour. Inside
 * that, the session policy's time condition is what ends it.
 */
export const [shortest, longest] = [900, 3600] as const

export type BrokerPorts = DecidingPorts & { broker: AwsCredentialBroker; targetRole: string }

/** Where an action happens: its account, and the role there that the broker assumes. */
export type Target = { entry: CatalogueEntry; account: Account; role: string }

/** Undefined where the action names no account of this deployment. */
export function targetOf(
  ask: Pick<Ask, 'action' | 'breakGlass'>,
  { policy: { bundle }, targetRole }: Pick<BrokerPorts, 'policy' | 'targetRole'>,
): Target | undefined {
  // All of a profile happens in one account, so any of its actions says which.
  const entry = bundle.actions[ask.breakGlass?.rights[0]?.action ?? ask.action]
  const account = entry && accountOf(bundle, entry)
  if (!entry || !account) return undefined
  return { entry, account, role: `arn:${account.partition}:iam::${account.accountId}:role/${targetRole}` }
}

/**
 * The session policy for what was approved, until `notAfter`; undefined where nothing of it is AWS's. In a drill it denies
 * everything.
 */
export function policyOf(
  ask: Ask,
  { entry, account }: Target,
  bundle: Bundle,
  notAfter: NumericDate,
): string | undefined {
  const { breakGlass = { drill: false } } = ask
  if ('profile' in breakGlass && breakGlass.profile !== undefined)
    return emergencyPolicy(rightsStatements(breakGlass.rights, bundle.actions, account), notAfter, breakGlass)
  const statement = deriveStatement(entry, ask.arguments, account)
  return statement && emergencyPolicy([statement], notAfter, breakGlass)
}

/** As long as the grant may still live, within what STS allows. Seconds. */
export function sessionSeconds(state: ApprovalRequest, now: NumericDate): number {
  const left = (grantOf(state)?.notAfter ?? now) - now
  return Math.min(Math.max(left, shortest), longest)
}

/** Everything about a session by which it can be known and ended: its name, its source identity and its tags. */
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
