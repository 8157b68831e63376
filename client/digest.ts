// Rules: test/client/policy/show.test.ts
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * `sha-256:` over the RFC 8785 form (docs/digests.md). The digest of an MCP tool's schema has no prefix.
 *
 * @param prefix the kind of value, such as `hotwork.bundle.v1`
 */
export const digestOf = (value: unknown, prefix?: string): string =>
  `sha-256:${createHash('sha256')
    .update(`${prefix === undefined ? '' : `${prefix}\n`}${canonicalize(value) ?? ''}`)
    .digest('base64url')}`
