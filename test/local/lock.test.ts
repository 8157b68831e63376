import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeLock } from '../../local/processes.ts'
import { makeFolder, removeFolders } from './support/programs.ts'

afterEach(removeFolders)
const lockIn = () => join(makeFolder(), 'below', 'stack.lock')

test('a lock that a live process holds is not taken again', () => {
  const path = lockIn()
  takeLock(path)
  expect(takeLock(path)).toEqual({ heldBy: process.pid })
})

test('a released lock is free', () => {
  const path = lockIn()
  const lock = takeLock(path)
  if ('release' in lock) lock.release()
  expect(existsSync(path)).toBe(false)
  expect(takeLock(path)).toHaveProperty('release')
})

test.each<[what: string, written: (lock: string) => string]>([
  ['of a dead process', (lock) => JSON.stringify({ ...JSON.parse(lock), pid: spawnSync('true').pid })],
  ['of a dead process whose number this one has', (lock) => JSON.stringify({ ...JSON.parse(lock), born: '1' })],
  ['that is half written', () => '{"pid":'],
])('a lock %s does not block', (_what, written) => {
  const path = lockIn()
  takeLock(path)
  writeFileSync(path, written(readFileSync(path, 'utf8')))
  expect(takeLock(path)).toHaveProperty('release')
})
