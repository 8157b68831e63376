import type { RequestId } from '../../domain/values.ts'

/** Where a request can be read in full and decided by whoever has logged in there. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/decide/${request}`
