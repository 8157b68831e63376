import type { Result } from '../../functions/domain/values.ts'

/** The value of a result that must be a success. */
export function unwrap<T>(result: Result<T, string>): T {
  if (result.ok) return result.value
  const { code, detail } = result
  throw new Error(detail === undefined ? code : `${code}: ${detail}`)
}
