import { accountOf } from '../../domain/policy/bundle.ts'
import { actionsOf } from '../../domain/requests/origin.ts'
import type { Policy } from '../policy/ports.ts'

/** `targetRole`: path and name of the role that Hotwork has in every AWS account. */
export type PlacePorts = { policy: Pick<Policy, 'bundle'>; targetRole: string }

/** Where the credentials of an ask end, and what a halt of a role names. Undefined where the deployment has no such target. */
export function placeOf(
  ask: Parameters<typeof actionsOf>[0],
  { policy: { bundle }, targetRole }: PlacePorts,
): string | undefined {
  // All of a profile happens in one account, so any of its actions names it.
  const [action = ask.action] = actionsOf(ask)
  const entry = bundle.actions[action]
  const account = entry && accountOf(bundle, entry)
  return account && `arn:${account.partition}:iam::${account.accountId}:role/${targetRole}`
}
