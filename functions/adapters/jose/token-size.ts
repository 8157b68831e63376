/** No token or proof that we accept comes near this. Longer ones are refused before anything of them is parsed. */
export const tokenLimit = 8192

/** Whether a text can be a compact JWS: three parts, none empty, of base64url alone. */
export const isCompact = (token: string): boolean =>
  token.length <= tokenLimit && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
