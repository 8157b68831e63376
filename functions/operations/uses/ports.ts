import type { Actual } from '../../domain/uses/actual.ts'
import type { RequestId } from '../../domain/values.ts'

/** What the target's own record has of a request or an opening, held against what was approved. */
export interface ActualReader {
  /** Undefined where it cannot be told now. It never throws. */
  of(request: RequestId): Promise<Actual | undefined>
}
