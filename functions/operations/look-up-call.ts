import { emergencyPolicy } from '../domain/credentials/session-policy.ts'
import { deriveReadStatement, type Statement } from '../domain/policy/catalogue.ts'
import type { Ask, Use } from '../domain/requests/request.ts'
import type { CredentialId } from '../domain/values.ts'
import type { AwsCall, AwsCaller, AwsCredentials, LookedUp } from './ports.ts'
import { type BrokerPorts, sessionOf, shortest, type Target } from './target-session.ts'

export type CallPorts = BrokerPorts & { caller: AwsCaller }
/** `unread`: it could not be read now. That says nothing, and another time it may be read. */
export type Looked = LookedUp | { found: 'unread' }

/** The session for a call is made for that call and ends soon after it, whatever is left of the grant. Seconds. */
const callLasts = 60

/** Finds out by reading what has become of a call, with a session that can do nothing else. It changes nothing. */
export async function lookUpCall(ask: Ask, use: Use, target: Target | undefined, ports: CallPorts): Promise<Looked> {
  const statement = target && deriveReadStatement(target.entry, ask.arguments, target.account)
  if (!statement) return { found: 'unknown' }
  try {
    const credentials = await sessionForCall(ask, use.credential, statement, target, ports)
    return await ports.caller.lookUp({ ...awsCallOf(ask, target), begunAt: use.begunAt }, credentials)
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : typeof fault
    ports.log.warn('call not looked up', { request: ask.id, fault: name })
    return { found: 'unread' }
  }
}

export const awsCallOf = ({ action, arguments: args }: Ask, { account }: Target): AwsCall => ({
  action,
  arguments: args,
  region: account.region,
})

/** The same session as an agent would get for this statement, for a minute. */
export const sessionForCall = (
  ask: Ask,
  credential: CredentialId,
  statement: Statement,
  target: Target,
  { broker, clock }: CallPorts,
): Promise<AwsCredentials> =>
  broker.assume({
    ...sessionOf(ask, credential, target),
    policy: emergencyPolicy([statement], clock.now() + callLasts, { drill: ask.breakGlass?.drill === true }),
    durationSeconds: shortest,
    ...(target.account.scopedCredentials && { scopedSeconds: callLasts }),
  })
