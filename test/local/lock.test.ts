import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeLock } from '../../local/processes.ts'
import { makeFolder, removeFolders } from './support/programs.ts'

afterEach(removeFolders)
const lockIn = () => join(makeFolder(), 'below', 'stack.lock')

test('a lock that a live process holds is not given again', () => {
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

test('a lock left by a process that died does not block', () => {
  const path = lockIn()
  takeLock(path)
  const { pid } = spawnSync('true')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), pid }))
  expect(takeLock(path)).toHaveProperty('release')
})

test('a later process that has the number of the dead one does not block', () => {
  const path = lockIn()
  takeLock(path)
  // This process's number, but another start time.
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), born: '1' }))
  expect(takeLock(path)).toHaveProperty('release')
})

test('a half-written lock does not block', () => {
  const path = lockIn()
  takeLock(path)
  writeFileSync(path, '{"pid":')
  expect(takeLock(path)).toHaveProperty('release')
})
