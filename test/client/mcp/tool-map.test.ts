import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { isWithin, mustBeOutside, readToolMap, termsOf } from '../../../client/mcp/tool-map.ts'
import { useFolder } from '../support/folder.ts'

/** Whether the authors of a project could have written a map, by its place. */

const at = useFolder()
beforeEach(() => {
  for (const folder of ['project/sub', 'project-maps', 'maps']) mkdirSync(at(folder), { recursive: true })
  for (const file of ['project/map.json', 'project/sub/map.json', 'project-maps/map.json', 'maps/map.json'])
    writeFileSync(at(file), '{}')
  symlinkSync(at('project/map.json'), at('maps/inside.json'))
  symlinkSync(at('maps/inside.json'), at('maps/chain.json'))
  symlinkSync('../maps/map.json', at('project/outside.json'))
  symlinkSync(at('project/outside.json'), at('maps/through.json'))
  symlinkSync(at('project'), at('project-link'))
  symlinkSync(at('project/sub'), at('hop'))
  symlinkSync('../hop/../map.json', at('maps/up.json'))
})

test.each([
  ['in the folder', 'project/map.json'],
  ['below it', 'project/sub/map.json'],
  ['in it by another way', 'maps/../project/map.json'],
  ['a link into it', 'maps/inside.json'],
  ['a link to a link into it', 'maps/chain.json'],
  ['a link of the project to a file outside', 'project/outside.json'],
  ['a link to such a link', 'maps/through.json'],
  ['in it by a link to it', 'project-link/sub/map.json'],
  ['a link whose text goes up through another link into it', 'maps/up.json'],
])('a map that is %s belongs to the project', (_where, file) => {
  expect(isWithin(at(file), at('project'))).toBe(true)
  expect(isWithin(at(file), at('project-link'))).toBe(true)
  // Another spelling, as on file systems that ignore case.
  expect(isWithin(at(file), join('/proc/self/root', at('project')))).toBe(true)
})

test.each([
  ['beside it', 'maps/map.json', 'project'],
  ['in a folder whose name begins alike', 'project-maps/map.json', 'project'],
  ['above it', 'project/map.json', 'project/sub'],
  ['anywhere, and there is no such folder', 'maps/map.json', 'nowhere'],
])('a map that is %s does not belong to the project', (_where, file, folder) => {
  expect(isWithin(at(file), at(folder))).toBe(false)
})

test('a map whose name goes up through a link belongs to the project, and circular links are an error', () => {
  expect(isWithin(`${at('hop')}/../map.json`, at('project'))).toBe(true)
  symlinkSync('round.json', at('maps/round.json'))
  expect(() => isWithin(at('maps/round.json'), at('project'))).toThrow('ELOOP')
})

test('the home of the user and the folders above it are no project', () => {
  const { homedir } = userInfo()
  for (const folder of ['/', dirname(homedir), homedir])
    expect(() => mustBeOutside([at('maps/map.json'), join(homedir, 'map.json')], [folder])).not.toThrow()
  expect(() => mustBeOutside([at('maps/map.json'), at('project/map.json')], ['/', at('project')])).toThrow(
    'project/map.json',
  )
})

test('a map of today has a task for each session, and its own purpose alone', () => {
  const map = { purpose: 'release', parent_task: { id: 'REL-7' }, tools: {} }
  writeFileSync(at('maps/terms.json'), JSON.stringify(map))
  expect(termsOf(readToolMap(at('maps/terms.json')))).toEqual({
    ...{ mode: 'session', purpose: 'release', purposes: ['release'], parentTask: { id: 'REL-7' } },
  })
  const more = { ...map, task: 'call', purposes: ['maintenance'] }
  writeFileSync(at('maps/terms.json'), JSON.stringify(more))
  expect(termsOf(readToolMap(at('maps/terms.json')))).toMatchObject({
    ...{ mode: 'call', purpose: 'release', purposes: ['release', 'maintenance'] },
  })
})

test.each([
  ['an unknown mode', { task: 'agent' }, '`task`'],
  ['purposes that are no list', { purposes: 'release' }, '`purposes`'],
])('a map with %s is refused, by its field', (_, changes, field) => {
  const map = { purpose: 'release', parent_task: { id: 'REL-7' }, tools: {}, ...changes }
  writeFileSync(at('maps/wrong.json'), JSON.stringify(map))
  expect(() => readToolMap(at('maps/wrong.json'))).toThrow(field)
})
