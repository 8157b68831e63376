import type { Check, Site } from './checks/check.ts'
import { checksOfIam } from './checks/iam.ts'

/** What Hotwork rests on and only AWS answers (docs/verify-aws.md). The slow ones come last. */
export const makeChecks = (site: Site): readonly Check[] => [...checksOfIam(site)]
