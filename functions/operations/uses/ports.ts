import type { Actual } from '../../domain/uses/actual.ts'
import type { RequestId } from '../../domain/values.ts'

/** The target's own record of the calls of a request or an opening, compared with its approval. */
export interface ActualReader {
  /** Undefined if it cannot be read now. It never throws. */
  of(request: RequestId): Promise<Actual | undefined>
}
