import type { JWTHeaderParameters, JWTPayload } from 'jose'
import { ok, type Result, refuse, type Seconds } from '../../domain/values.ts'
import type { FetchKeys } from './cached-keys.ts'

/** What one issuer's kind adds to the rules that every identity token keeps (identity.ts). */
export type IdentitySource = {
  /** The issuer's name in what is recorded: the `iss` of its tokens, where they have one. */
  readonly issuer: string
  /** Whether a token says that it is from here. Nothing of it is verified yet. */
  claims(payload: JWTPayload): boolean
  /** Whether a token is for this audience and for no other. */
  isFor(audience: string, payload: JWTPayload): boolean
  /** Sources with the same keys have the same id, and remember them together. */
  readonly keysId: string
  readonly fetchKeys: FetchKeys
  /** Claims that a token must have, beside `sub`, `aud` and `exp`. */
  readonly requiredClaims: readonly string[]
  /** No token may be older. */
  readonly maxAge: Seconds | undefined
  /** Who a verified token is, with the claims that an identity may pin; or what is wrong with it. */
  read(token: VerifiedToken): Result<Bearer, 'token_invalid'>
}

/** A token whose signature, issuer, audience and times are right. */
export type VerifiedToken = { header: JWTHeaderParameters; payload: JWTPayload & { sub: string } }
export type Bearer = { subject: string; claims: { readonly [name: string]: string } }

export const bearer = (subject: string, claims: Bearer['claims'] = {}) => ok({ subject, claims })
export const invalid = (detail: string) => refuse('token_invalid', detail)

/** The members of these names that are text: a claim that is anything else is pinned by nobody. */
export function textOf(from: object, names: readonly string[]): Bearer['claims'] {
  return Object.fromEntries(
    Object.entries(from).filter((claim): claim is [string, string] => {
      return names.includes(claim[0]) && typeof claim[1] === 'string'
    }),
  )
}
