import { CedarPolicy } from '../../adapters/cedar/cedar-policy.ts'
import type { Patience } from '../../adapters/dynamodb/client.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import type { Digest } from '../../domain/values.ts'
import type { OpenPolicies, Policy } from '../../operations/policy/ports.ts'
import type { Log } from '../../operations/ports.ts'
import type { ApiPorts } from '../doors.ts'
import { type ApiTold, apiPorts, readBundle } from './ports.ts'

/**
 * Cedar over the bundle shipped beside this Lambda, parsed at start-up so that no caller waits for it. It lies apart
 * from `ports.ts` because importing this file loads Cedar.
 */
export const cedarPolicy = (): Policy => loggingErrors(new CedarPolicy(readBundle()), new PowertoolsLog())

/**
 * All share one name in Cedar, which caches each parsed set by name for the life of the process: the next set replaces
 * it.
 */
export const openPolicies: OpenPolicies = (bundle) => new CedarPolicy({ ...bundle, hash: 'kept' as Digest })

/**
 * Answers as `policy` does. A no caused by a policy's error is logged for the alarm, because callers cannot tell it
 * from another no. The log leaves the reason out, because Cedar's words may hold arguments.
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
