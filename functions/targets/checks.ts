import type { CatalogueEntry } from '../domain/policy/catalogue.ts'
import { checkAws } from './aws/rules/check.ts'
import type { Check } from './kind.ts'
import type { TargetId } from './kinds.ts'

/** How the entries of each kind are checked. The compiler alone loads these: a Lambda has entries that were. */
export const checks = {
  aws: checkAws,
  tool: () => {},
} satisfies { readonly [kind in TargetId]: Check<CatalogueEntry> }
