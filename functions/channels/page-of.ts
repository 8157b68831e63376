// Rules: test/channels/slack/cards/card.test.ts
import type { RequestId } from '../domain/values.ts'

/** The page on which a logged-in person reads a request in full and decides, or reviews an opening. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/${request.startsWith('bgl_') ? 'break-glass' : 'decide'}/${request}`
