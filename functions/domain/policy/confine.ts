// Rules: test/operations/credentials/confined.test.ts
import { kindOf } from '../../targets/kinds.ts'
import type { NumericDate } from '../values.ts'
import type { Facts } from './assess.ts'
import { type Bundle, settingsOf } from './bundle.ts'

/** The reason why credentials cannot be confined to it: the confining policy would be too large. */
export function tooLargeToConfine(
  bundle: Bundle,
  { entry, arguments: args }: Pick<Facts, 'entry' | 'arguments'>,
  notAfter: NumericDate,
): string | undefined {
  const when = { notAfter, drill: false }
  const large = kindOf(entry).tooLarge?.(entry, args, settingsOf(bundle, entry), when)
  return large && `${large.what} for these arguments would exceed ${large.most}: ask for fewer at once`
}
