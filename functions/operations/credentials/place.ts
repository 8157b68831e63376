import { type Bundle, settingsOf } from '../../domain/policy/bundle.ts'
import { actionsOf } from '../../domain/requests/origin.ts'
import { placeKindOf } from '../../targets/kinds.ts'
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
  const at = entry && settingsOf(bundle, entry)
  if (!at) return undefined
  const kind = placeKindOf(entry)
  return kind.placeOf?.(at, targetRole) ?? placeAt(kind.id, entry.target ?? '')
}

const placeAt = (kind: string, alias: string): string => `${kind}:${alias}`

/** All places of the deployment. @param roles the target roles of AWS, as the stack tells them */
export const placesIn = ({ deployment }: Pick<Bundle, 'deployment'>, roles: readonly string[]): readonly string[] => [
  ...roles,
  ...Object.entries(deployment.targets ?? {}).map(([alias, { kind }]) => placeAt(kind, alias)),
]
