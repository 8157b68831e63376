import type { Actual } from '../../domain/uses/actual.ts'
import type { RequestId } from '../../domain/values.ts'

/** The target's own record of a request or an opening, held against what was approved. */
export interface ActualReader {
  /** Undefined where it cannot be told now. It never throws. */
  of(request: RequestId): Promise<Actual | undefined>
}
