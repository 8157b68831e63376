import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env['HOTWORK_MADE_ONCE']

/**
 * A JSON value that the first test file of a run makes and all others read. Each call returns a copy, which a test may
 * change.
 */
export function madeOnce<T>(name: string, make: () => T): T {
  if (folder === undefined) return make()
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) {
    // Two workers may make it at once: both make the same value, and the rename is atomic.
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, JSON.stringify(make()))
    renameSync(draft, file)
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}

/**
 * A folder that `fill` fills once in a run of tests; a second worker waits for the first. It is read-only afterwards.
 */
export function folderMadeOnce(name: string, fill: (path: string) => void): string {
  if (folder === undefined) throw new Error('jest makes the folder: test/support/made-once.cjs')
  const path = join(folder, name)
  const [lock, finished] = [`${path}.lock`, `${path}.finished`]
  for (;;) {
    if (existsSync(finished)) return path
    if (take(lock)) break
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  }
  try {
    if (existsSync(finished)) return path
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path)
    fill(path)
    writeFileSync(finished, '')
    return path
  } finally {
    rmSync(lock, { recursive: true })
  }
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}
