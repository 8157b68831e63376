import type { RequestId } from '../../domain/values.ts'

/** Where a request can be read in full and decided, or an opening reviewed, by whoever has logged in there. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/${request.startsWith('bgl_') ? 'break-glass' : 'decide'}/${request}`
