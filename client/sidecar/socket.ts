// Rules: test/client/sidecar/sidecar.test.ts
import { once } from 'node:events'
import { lstatSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { makeFolder } from '../journal/folder.ts'
import { wayTo } from '../mcp/tool-map.ts'
import { systemCodeOf, wrongUsage } from '../outcome.ts'

/**
 * Readies the place of a Unix socket: its folder is this user's and closed to all others, and no folder above lets them
 * replace it, so that no other program can listen there. A socket that a killed sidecar left is removed.
 *
 * @throws Refusal
 */
export async function readySocket(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    makeFolder(folder)
  } catch (fault) {
    throw cannot(path, `its folder cannot be made (${systemCodeOf(fault)})`)
  }
  const { uid, mode } = statSync(folder)
  if (uid !== (process.getuid?.() ?? uid) || (mode & 0o077) !== 0)
    throw cannot(path, `other users of this machine may use \`${folder}\``)
  const open = wayTo(folder).find(isOthers)
  if (open !== undefined)
    throw cannot(path, `other users of this machine may put another folder in its place, by \`${open}\``)
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) throw cannot(path, 'there is a file that is no socket')
  if (await answers(path)) throw cannot(path, 'another program listens there')
  rmSync(path, { force: true })
}

/** It is neither this user's nor root's; or every user may rename its files, which the sticky bit of `/tmp` forbids. */
function isOthers(place: string): boolean {
  const own = process.getuid?.()
  const { uid, mode } = lstatSync(place)
  const isLink = (mode & 0o170000) === 0o120000
  return own !== undefined && (![0, own].includes(uid) || (!isLink && (mode & 0o1002) === 0o002))
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const cannot = (path: string, why: string) =>
  wrongUsage(
    `\`--socket ${path}\`: ${why}`,
    'name a file in a folder of your own that only you may enter (`chmod 700`)',
  )
