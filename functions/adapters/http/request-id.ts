/**
 * What an answer says in `X-Request-ID`: the caller's own id where it is printable, ours otherwise. Printable is ASCII: what
 * becomes of other bytes in a header is not the same everywhere.
 */
export const requestIdOf = (sent: string | undefined, ours: string): string =>
  sent !== undefined && /^[\x20-\x7e]{1,256}$/.test(sent) ? sent : ours
