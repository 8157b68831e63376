// Rules: test/client/sidecar/sidecar.test.ts
import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { writeNew } from '../new-file.ts'
import { systemCodeOf, wrongUsage } from '../outcome.ts'

export const makeToken = (): string => randomBytes(32).toString('base64url')

/**
 * Reads the token from a file that no other user may read, and makes the file if it is missing. The token survives a
 * restart, so that running hosts continue.
 *
 * @throws Refusal
 */
export function readToken(path: string): string {
  try {
    const token = makeToken()
    writeNew(path, `${token}\n`)
    return token
  } catch (fault) {
    if (systemCodeOf(fault) !== 'EEXIST') throw cannot(path, `it cannot be written (${systemCodeOf(fault)})`)
  }
  const file = openOwn(path)
  try {
    const { uid, mode } = fstatSync(file)
    if (uid !== (process.getuid?.() ?? uid) || (mode & 0o077) !== 0)
      throw cannot(path, 'other users of this machine may read or write it')
    const token = readFileSync(file, 'utf8').trim()
    if (!/^[\w-]{43,}$/.test(token)) throw cannot(path, "its content is not a sidecar's token")
    return token
  } finally {
    closeSync(file)
  }
}

/** Refuses a link: another user may have put it there. */
function openOwn(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (fault) {
    throw cannot(path, `it cannot be read (${systemCodeOf(fault)})`)
  }
}

const cannot = (path: string, why: string) =>
  wrongUsage(`\`--token-file ${path}\`: ${why}`, 'name a new file, in a folder of your own')
