import { CedarPolicy } from '../../adapters/cedar/cedar-policy.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Log } from '../../operations/ports.ts'
import { readBundle } from './ports.ts'

/** Cedar over the bundle that was shipped beside this Lambda, parsed now so that no caller waits for it. */
export const cedarPolicy = (): Policy => loggingErrors(new CedarPolicy(readBundle()), new PowertoolsLog())

/**
 * The same answers; and one that is a no only because a policy errs is logged too, for the alarm: to callers it looks
 * like any other no. Never why, since Cedar's own words may hold arguments.
 */
export const loggingErrors = (policy: Policy, log: Log): Policy => ({
  bundle: policy.bundle,
  ask(question) {
    const answer = policy.ask(question)
    if (answer.error) log.error('policy_error', { action: question.action, policies: answer.policies.join(' ') })
    return answer
  },
})
