import { CedarPolicy } from '../../adapters/cedar/cedar-policy.ts'
import type { Patience } from '../../adapters/dynamodb/client.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import type { Digest } from '../../domain/values.ts'
import type { OpenPolicies, Policy } from '../../operations/policy/ports.ts'
import type { Log } from '../../operations/ports.ts'
import type { ApiPorts } from '../doors.ts'
import { type ApiTold, apiPorts, readBundle } from './ports.ts'

/**
 * Cedar with the bundle beside this Lambda, parsed at start-up so that callers do not wait for it. It is not in
 * `ports.ts`, since importing this file loads Cedar.
 */
export const cedarPolicy = (): Policy => loggingErrors(new CedarPolicy(readBundle()), new PowertoolsLog())

/**
 * Opens kept policies. They all share one name in Cedar, which caches each parsed set by name for the life of the
 * process, so the next set replaces it.
 */
export const openPolicies: OpenPolicies = (bundle) => new CedarPolicy({ ...bundle, hash: 'kept' as Digest })

/**
 * Answers as `policy` does. A denial by a policy's error is logged for the alarm, since callers see only a denial. The
 * log has no reason, since Cedar's words may contain arguments.
 */
export const loggingErrors = (policy: Policy, log: Log): Policy => ({
  bundle: policy.bundle,
  observing: policy.observing,
  explainer: policy.explainer,
  ask(question) {
    const answer = policy.ask(question)
    if (answer.error) log.error('policy_error', { action: question.action, policies: answer.policies.join(' ') })
    return answer
  },
})

export const portsWithAnswers = (told: ApiTold, patience?: Patience): ApiPorts =>
  apiPorts(told, cedarPolicy(), patience)
