/** What an answer says in `X-Request-ID`: the caller's own id where it is fit to print, ours otherwise. */
export const requestIdOf = (sent: string | undefined, ours: string): string =>
  sent !== undefined && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : ours
