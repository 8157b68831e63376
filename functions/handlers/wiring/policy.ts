import { CedarPolicy } from '../../adapters/cedar/cedar-policy.ts'
import type { Patience } from '../../adapters/dynamodb/client.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import type { Digest } from '../../domain/values.ts'
import type { OpenPolicies, Policy } from '../../operations/policy/ports.ts'
import type { Log } from '../../operations/ports.ts'
import type { ApiPorts } from '../doors.ts'
import { type ApiTold, apiPorts, readBundle } from './ports.ts'

/**
 * Cedar over the bundle that was shipped beside this Lambda, parsed now so that no caller waits for it. Apart from
 * `ports.ts`: what imports this file has Cedar in its code.
 */
export const cedarPolicy = (): Policy => loggingErrors(new CedarPolicy(readBundle()), new PowertoolsLog())

/** Under one name in Cedar, which keeps what it has parsed as long as the process lives: the next takes its place. */
export const openPolicies: OpenPolicies = (bundle) => new CedarPolicy({ ...bundle, hash: 'kept' as Digest })

/**
 * The same answers. A no that comes of a policy's error is logged for the alarm, since callers cannot tell it from another
 * no. The log has no reason, since Cedar's own words may hold arguments.
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
