import { Bundle } from '../../domain/policy/bundle.ts'
import { stepsOf } from '../../domain/record/plan-step.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { Digest } from '../../domain/values.ts'
import type { Log } from '../ports.ts'
import { type Explained, explainRequest } from './explain-tier.ts'
import { loadKept } from './keep-bundle.ts'
import type { BundleStore, OpenPolicies, Policy } from './ports.ts'

/** Why a request needs its tier, and under which policies that is so. */
export type Why = {
  explained: readonly Explained[]
  /** `today` in place of those that decided: they are not kept, or this version cannot read them. */
  by: 'decided' | 'today'
  /** Under the policies in force, where those that decided are others. */
  today?: readonly Explained[]
  /** The bundle that decided, by its hash. */
  bundle: string | undefined
}

type Ports = { policy: Policy; bundles: BundleStore; openPolicies: OpenPolicies; log: Log }

/**
 * Why a request needs its tier, under the bundle by which it was asked for.
 *
 * @param bundle its hash, in the first entry
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

/** With the policies of what was asked for alone: each action's are parsed. */
function onlyAbout({ ask }: ApprovalRequest, bundle: Bundle): Bundle {
  const actions = new Set([ask.action, ...stepsOf({ ask }).map(({ action }) => action)])
  const policies = Object.entries(bundle.policies).filter(([action]) => actions.has(action))
  const { observed: _, ...rest } = bundle
  return { ...rest, policies: Object.fromEntries(policies) }
}
