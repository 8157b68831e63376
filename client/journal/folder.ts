import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { Fault } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'

/** XDG Base Directory Specification: state that stays between runs, and is of no use elsewhere. */
export function stateFolderOf({ XDG_STATE_HOME: told, HOME: home }: Surroundings['env']): string {
  // A relative one counts for nothing, says the specification: who made the working folder would choose it.
  const state = told && isAbsolute(told) ? told : join(home || homedir(), '.local/state')
  return join(state, 'hotwork')
}

/**
 * Whether no other user could have put a key, a login or a credential there: it is this user's or root's, and not every user
 * may write it. What cannot be looked at cannot be read either.
 */
function isSafe(folder: string): boolean {
  try {
    const own = process.getuid?.()
    const { uid, mode } = statSync(folder)
    return own === undefined || ([0, own].includes(uid) && (mode & 0o002) === 0)
  } catch {
    return true
  }
}

/** @throws Fault */
export function mustBeSafe(folder: string): void {
  if (isSafe(folder)) return
  throw new Fault({
    code: 'unsafe_folder',
    title: `other users of this machine may write \`${folder}\``,
    detail:
      'what is kept there could be theirs: make it a folder of your own (`chmod 700`), or name one in `XDG_STATE_HOME`',
  })
}

/** With the folders above it. `recursive` of Node never returns where the system answers ENOENT for ever, as under /proc. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException
    const above = dirname(folder)
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || existsSync(above)) throw fault
    makeFolder(above)
    mkdirSync(folder, { mode: 0o700 })
  }
}

/** One that lives is gone in a moment. Milliseconds. */
const longestDraft = 3_600_000

/** Drafts of processes that were killed while they wrote: keys and logins may be in them. In a folder that is safe. */
export function removeAbandonedDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/\.json\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) continue
    const draft = join(folder, name)
    try {
      if (Date.now() - lstatSync(draft).mtimeMs > longestDraft) rmSync(draft)
    } catch {
      // Another process was first.
    }
  }
}
