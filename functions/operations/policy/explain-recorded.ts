// Rules: test/http/tier-section.test.ts
import { Bundle } from '../../domain/policy/bundle.ts'
import { stepsOf } from '../../domain/record/plan-step.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { Digest } from '../../domain/values.ts'
import type { Log } from '../ports.ts'
import { type Explained, explainRequest } from './explain-tier.ts'
import { loadKept } from './keep-bundle.ts'
import type { BundleStore, OpenPolicies, Policy } from './ports.ts'

/** The reasons for a request's tier, and the policies that give them. */
export type Why = {
  explained: readonly Explained[]
  /** `today`: the deciding policies are missing or unreadable. */
  by: 'decided' | 'today'
  /** The explanation under the policies in force, if they differ from those that decided. */
  today?: readonly Explained[]
  /** The hash of the bundle that decided. */
  bundle: string | undefined
}

type Ports = { policy: Policy; bundles: BundleStore; openPolicies: OpenPolicies; log: Log }

/**
 * Explains a request's tier by the bundle under which it was asked for.
 *
 * @param bundle the hash in the first entry
 */
export async function explainRecorded(state: ApprovalRequest, bundle: string | undefined, ports: Ports): Promise<Why> {
  const today = explainRequest(ports.policy, state)
  if (bundle === undefined || bundle === ports.policy.bundle.hash) return { explained: today, by: 'decided', bundle }
  const decided = await explainUnder(bundle, state, ports)
  return decided
    ? { explained: decided, by: 'decided', today, bundle }
    : { explained: today, by: 'today', today, bundle }
}

async function explainUnder(
  hash: string,
  state: ApprovalRequest,
  { bundles, openPolicies, log }: Ports,
): Promise<readonly Explained[] | undefined> {
  const digest = Digest.safeParse(hash)
  const kept = digest.success ? await loadKept(digest.data, { bundles, log }) : undefined
  const bundle = kept && kept !== 'broken' ? Bundle.safeParse(kept.bundle) : undefined
  if (!bundle?.success) return undefined
  try {
    return explainRequest(openPolicies(onlyAbout(state, bundle.data)), state)
  } catch {
    return undefined
  }
}

/** The bundle with the policies of the request's actions only, since each kept policy is parsed. */
function onlyAbout({ ask }: ApprovalRequest, bundle: Bundle): Bundle {
  const actions = new Set([ask.action, ...stepsOf({ ask }).map(({ action }) => action)])
  const policies = Object.entries(bundle.policies).filter(([action]) => actions.has(action))
  const { observed: _, ...rest } = bundle
  return { ...rest, policies: Object.fromEntries(policies) }
}
