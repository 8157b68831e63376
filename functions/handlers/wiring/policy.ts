import { CedarPolicy } from '../../adapters/cedar/cedar-policy.ts'
import type { Policy } from '../../operations/ports.ts'
import { readBundle } from './bundle.ts'

/** Cedar over the bundle that was shipped beside this Lambda, parsed now so that no caller waits for it. */
export const cedarPolicy = (): Policy => new CedarPolicy(readBundle())
