// Rules: test/domain/credentials/session-policy.test.ts
import { filled } from '../../../domain/break-glass/rights.ts'
import type { OpenRight } from '../../../domain/record/opening.ts'
import type { Account } from './account.ts'
import { type AwsEntry, conditionsOfEveryCall, type Statement } from './statement.ts'

/** The IAM statements of a profile's rights. A profile pins no arguments, so conditions on arguments are left out. */
export const rightsStatements = (
  rights: readonly OpenRight[],
  actions: { readonly [name: string]: AwsEntry },
  account: Account,
): readonly Statement[] =>
  rights.map(({ action, resources }) => {
    const entry = actions[action]
    const conditions = entry ? conditionsOfEveryCall(entry, account) : {}
    return {
      actions: entry?.statement?.actions ?? [],
      resources: resources.map((each) => filled(each, account)),
      ...(Object.keys(conditions).length > 0 && { conditions }),
    }
  })
