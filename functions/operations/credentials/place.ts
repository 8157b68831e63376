// Rules: test/targets/aws/promises.test.ts
import { type Bundle, settingsOf } from '../../domain/policy/bundle.ts'
import { actionsOf } from '../../domain/record/origin.ts'
import { placeKindOf } from '../../targets/kinds.ts'
import type { Policy } from '../policy/ports.ts'

/** `targetRole`: path and name of Hotwork's role in every AWS account. */
export type PlacePorts = { policy: Pick<Policy, 'bundle'>; targetRole: string }

/** The catalogue entry with the target of an ask. All actions of a profile have one target, so any of them will do. */
export function entryOf(ask: Parameters<typeof actionsOf>[0], { actions }: Pick<Bundle, 'actions'>) {
  const [action = ask.action] = actionsOf(ask)
  return actions[action]
}

/** The place where the credentials of an ask end, which a halt names. Undefined if the deployment lacks the target. */
export function placeOf(
  ask: Parameters<typeof actionsOf>[0],
  { policy: { bundle }, targetRole }: PlacePorts,
): string | undefined {
  const entry = entryOf(ask, bundle)
  const at = entry && settingsOf(bundle, entry)
  if (!at) return undefined
  const kind = placeKindOf(entry)
  return kind.placeOf?.(at, targetRole) ?? placeAt(kind.id, entry.target ?? '')
}

const placeAt = (kind: string, alias: string): string => `${kind}:${alias}`

/** All places of the deployment. @param roles the target roles of AWS, by the stack's outputs */
export const placesIn = ({ deployment }: Pick<Bundle, 'deployment'>, roles: readonly string[]): readonly string[] => [
  ...roles,
  ...Object.entries(deployment.targets ?? {}).map(([alias, { kind }]) => placeAt(kind, alias)),
]
