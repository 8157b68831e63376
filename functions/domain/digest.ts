import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Digest, Json, JsonObject, Resource } from './values.ts'

/**
 * SHA-256 over a domain prefix, a newline and the RFC 8785 form: digests for two purposes never match.
 * @throws if the value has no RFC 8785 form: a lone surrogate, NaN or an infinity
 */
export function digestOf(prefix: string, value: Json): Digest {
  const canonical = canonicalForm(value)
  return `sha-256:${hash('sha256', `${prefix}\n${canonical}`, 'base64url')}` as Digest
}

/** SHA-256 of bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'))

/** SHA-256 of a value's RFC 8785 form alone, ARAP's `binding_hash`. */
export const bindingHash = (value: Json): string => hash('sha256', canonicalForm(value), 'base64url')

export function canonicalForm(value: Json): string {
  const canonical = canonicalize(value)
  if (canonical === undefined) throw new TypeError('a value without a canonical form')
  return canonical
}

/**
 * The hash in an entry's chain: SHA-256 over `hotwork.entry.v1`, a newline and the RFC 8785 form of all members but
 * `hash`.
 */
export const digestOfEntry = ({ hash: _, ...rest }: JsonObject): Digest => digestOf('hotwork.entry.v1', rest)

/** The digest that a tool can compute itself before it acts: over the action, its arguments and the resource. */
export function argumentsDigest(action: string, args: JsonObject, resource: Resource): Digest {
  return digestOf('hotwork.arguments.v1', {
    action,
    arguments: args,
    resource: { type: resource.type, id: resource.id },
  })
}
