// Rules: test/seams/seams.test.ts
import type { CatalogueEntry } from '../domain/policy/catalogue.ts'
import { checkByReference, modelsOfAws } from './aws/models/check-by-reference.ts'
import { checkAws } from './aws/rules/check.ts'
import { checkHotwork } from './hotwork/check.ts'
import type { Check } from './kind.ts'
import type { TargetId } from './kinds.ts'
import { checkKubernetes } from './kubernetes/check.ts'

/** The checks of each kind's entries. Only the compiler loads these: Lambdas get checked entries. */
export const checks = {
  aws: (...asked) => {
    checkAws(...asked)
    checkByReference(...asked)
  },
  kubernetes: checkKubernetes,
  tool: () => {},
  hotwork: checkHotwork,
} satisfies { readonly [kind in TargetId]: Check<CatalogueEntry> }

/** The models of the entries' reads, by action, for the bundle. */
export const modelsOf = (entries: readonly CatalogueEntry[]): { readonly [action: string]: unknown } =>
  modelsOfAws(entries)
