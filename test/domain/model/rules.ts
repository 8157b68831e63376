import type { Rule } from './rule.ts'
import { rulesOfApproval } from './rules-of-approval.ts'
import { rulesOfAskingBack } from './rules-of-asking-back.ts'
import { rulesOfBreakGlass } from './rules-of-break-glass.ts'
import { rulesOfDelegation } from './rules-of-delegation.ts'
import { rulesOfDrift } from './rules-of-drift.ts'
import { rulesOfEnding } from './rules-of-ending.ts'
import { rulesOfReceipts } from './rules-of-receipts.ts'
import { rulesOfRecord } from './rules-of-record.ts'
import { rulesOfRegistry } from './rules-of-registry.ts'
import { rulesOfRuns } from './rules-of-runs.ts'

/** The invariants of Hotwork that the reducer maintains. INV10 is that nothing in a search throws. */
export const rules: readonly Rule[] = [
  ...rulesOfApproval,
  ...rulesOfEnding,
  ...rulesOfDelegation,
  ...rulesOfRecord,
  ...rulesOfReceipts,
  ...rulesOfDrift,
  ...rulesOfBreakGlass,
  ...rulesOfAskingBack,
  ...rulesOfRegistry,
  ...rulesOfRuns,
]
