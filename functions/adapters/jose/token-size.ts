/** No token or proof that we accept comes near this. Longer ones are refused before anything of them is parsed. */
export const tokenLimit = 8192

declare const compact: unique symbol
/** A text that can be a compact JWS: three parts, none empty, of base64url alone. */
export type Compact = string & { readonly [compact]: true }

export const isCompact = (token: string): token is Compact =>
  token.length <= tokenLimit && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
