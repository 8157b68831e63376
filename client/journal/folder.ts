import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { Fault } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'

/**
 * The folder for state that persists between runs and is of use on this machine only (XDG Base Directory
 * Specification).
 */
export function stateFolderOf({ XDG_STATE_HOME: told, HOME: home }: Surroundings['env']): string {
  // The specification ignores relative paths: otherwise the author of the working folder would choose the folder.
  const state = told && isAbsolute(told) ? told : join(home || homedir(), '.local/state')
  return join(state, 'hotwork')
}

/**
 * Whether no other user could have put a key, login or credential into the folder: it belongs to this user or root, and
 * others may not write it. A folder that cannot be inspected counts as safe, since it cannot be read either.
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
    detail: 'its content could be theirs: make it a folder of your own (`chmod 700`), or name one in `XDG_STATE_HOME`',
  })
}

/**
 * Makes a folder and its parents. Node's `recursive` never returns if the system always answers ENOENT, as under /proc.
 */
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

/** The age of an abandoned draft: a live process renames its own at once. Milliseconds. */
const longestDraft = 3_600_000

/**
 * Removes drafts of processes that were killed while they wrote, since drafts may contain keys and logins. The folder
 * must be safe.
 */
export function removeAbandonedDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/\.json\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) continue
    const draft = join(folder, name)
    try {
      if (Date.now() - lstatSync(draft).mtimeMs > longestDraft) rmSync(draft)
    } catch {
      // Another process removed it first.
    }
  }
}
