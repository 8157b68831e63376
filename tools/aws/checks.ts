import { checksOfChangeSets } from './checks/change-sets.ts'
import type { Check, Site } from './checks/check.ts'
import { checksOfIam } from './checks/iam.ts'
import { checksOfPolicies } from './checks/policies.ts'
import { checksOfRuns } from './checks/runs.ts'
import { checksOfSealedRole } from './checks/sealed.ts'
import { checksOfServices } from './checks/services.ts'

/** The assumptions of Hotwork that only AWS can confirm (docs/verify-aws.md). The slow ones come last. */
export const makeChecks = (site: Site): readonly Check[] => [
  ...checksOfIam(site),
  ...checksOfPolicies(site),
  ...checksOfRuns(site),
  ...checksOfChangeSets(site),
  ...checksOfSealedRole(site),
  ...checksOfServices(site),
]
