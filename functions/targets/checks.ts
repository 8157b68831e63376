// Rules: test/seams/seams.test.ts
import type { CatalogueEntry } from '../domain/policy/catalogue.ts'
import { checkAws } from './aws/rules/check.ts'
import type { Check } from './kind.ts'
import type { TargetId } from './kinds.ts'

/** The checks of each kind's entries. Only the compiler loads these: a Lambda has entries that were checked. */
export const checks = {
  aws: checkAws,
  tool: () => {},
} satisfies { readonly [kind in TargetId]: Check<CatalogueEntry> }
