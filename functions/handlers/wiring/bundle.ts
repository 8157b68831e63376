import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Bundle } from '../../domain/policy/bundle.ts'
import type { Policy } from '../../operations/policy/ports.ts'

/** The compiled policies that were shipped beside this Lambda. */
export const readBundle = (): Bundle => Bundle.parse(JSON.parse(readFileSync(join(__dirname, 'bundle.json'), 'utf8')))

/** The bundle's facts without an engine, for Lambdas that ask policy nothing. Asked all the same, it denies. */
export const factsOnly = (bundle: Bundle): Policy => ({
  bundle,
  ask: () => ({ permit: false, policies: [], error: true, detail: 'this Lambda asks no policy' }),
})
