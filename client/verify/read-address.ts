// Rules: test/client/verify/log.test.ts
import { bytesOf } from '../bounded.ts'
import { Fault, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import type { ReadLogFile } from './log.ts'

/** A person's token, if `origin` is that of the Hotwork they named; undefined for any other log. */
export type LogLogin = (origin: string) => Promise<string> | undefined

/** The timeout of one try. Milliseconds. */
const patience = 30_000
const tries = 4
/** A file of a log has at most 256 entries. */
const mostBytes = 32 * 1024 * 1024

/**
 * Reads a log's files over HTTP. Hotwork's own log needs a reader's token; a copy or another organisation's log is read
 * without one, at any path.
 */
export function addressReader(
  address: string,
  { err, pause }: Pick<Surroundings, 'err' | 'pause'>,
  login: LogLogin,
): ReadLogFile {
  if (!URL.canParse(address))
    throw wrongUsage(
      `${address}: the address is invalid`,
      'give the address of a log, such as https://permits.example.com/transparency',
    )
  const base = new URL(address)
  const url = base.href.replace(/\/*$/, '')
  const token = login(base.origin)
  // A missing token is reported at its first use.
  token?.catch(() => {})
  return async (path) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${await token}` }
    for (let count = 1; ; count++) {
      const answered = await readOnce(`${url}/${path}`, authorization)
      if (answered.status === 404) return undefined
      if (answered.bytes) return answered.bytes
      const isLasting = answered.status !== undefined && answered.status < 500 && answered.status !== 429
      if (isLasting || count === tries)
        throw new Fault({
          code: 'no_log',
          title: `${url} does not give \`${path}\``,
          detail:
            answered.status === 401 && token === undefined
              ? `${answered.why}: if this is your own Hotwork's log, name that Hotwork by \`--api\` or \`HOTWORK_API\`: your login is sent there only`
              : answered.why,
        })
      err(`no answer yet (${answered.why}), asking again\n`)
      await pause(1000 * 2 ** (count - 1))
    }
  }
}

async function readOnce(
  url: string,
  headers: { readonly [name: string]: string },
): Promise<{ status?: number; bytes?: Uint8Array; why: string }> {
  try {
    // A redirect would take the token to another address.
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(patience) })
    const { status, ok } = response
    const bytes = await bytesOf(response, mostBytes)
    return ok ? { status, bytes, why: '' } : { status, why: `it answers ${status}` }
  } catch (fault) {
    if (fault instanceof Fault) throw fault
    return { why: (fault as Error).name === 'TimeoutError' ? 'it took too long' : 'no connection' }
  }
}
