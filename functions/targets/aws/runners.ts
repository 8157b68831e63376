// Rules: test/operations/uses/read-actual.test.ts, test/targets/aws/runners.test.ts
import { accountIdOf, accountOf, type Bundle } from '../../domain/policy/bundle.ts'
import { runOf } from './rules/runs.ts'

/** The runner beside a target role: infra/constructs/run-roles.ts. */
export const runnerBeside = (target: string): string => target.replace(/-target$/, '-runner')

/** The runners beside the target roles of accounts with runs. */
export function runnersBeside(targets: readonly string[], bundle: Bundle): readonly string[] {
  const running = Object.values(bundle.actions).flatMap((entry) => {
    const account = runOf(entry) && accountOf(bundle, entry)
    return account ? [account.accountId] : []
  })
  return targets.filter((target) => running.includes(accountIdOf(target))).map(runnerBeside)
}
