import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** What a tool's `inputSchema` is known by: `sha-256:` over its RFC 8785 form. */
export const schemaDigest = (inputSchema: unknown): string =>
  `sha-256:${createHash('sha256')
    .update(canonicalize(inputSchema) ?? '')
    .digest('base64url')}`
