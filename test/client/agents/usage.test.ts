import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/repository.ts'
import { usedFlag } from '../../support/used-flag.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork agents usage`: what an agent used, and the files of what would have been enough. */

const scene = useScene()
function withPolicies() {
  const at = scene.at('ana')
  cpSync(join(root, 'policies'), join(at.home, 'policies'), { recursive: true })
  return at
}
const entry = (home: string, folder: string) => readFileSync(join(home, folder, 'actions/flags.set.json'), 'utf8')
const words = ['agents', 'usage', 'agent:remediator']

test('`agents usage` prints what was used and the difference of the entry, and writes nothing', async () => {
  await usedFlag(scene.api.world)
  const at = withPolicies()
  const { exit, out } = await at.type(...words)
  expect(exit).toBe(0)
  expect(out).toMatch(/flags:set +1 +1 +1 +0/)
  expect(out).toMatch(/flags:set: less would have been enough[\s\S]*\+ +"express-checkout"/)
  expect(entry(at.home, 'policies')).toBe(entry(root, 'policies'))
})

test('`agents usage --out` writes a copy of the policies with the narrower entry, and leaves the policies', async () => {
  await usedFlag(scene.api.world)
  const at = withPolicies()
  const { exit, body } = await at.json(...words, '--policies', 'policies', '--out', 'narrower')
  expect([exit, body.files]).toEqual([0, [join('narrower', 'actions/flags.set.json')]])
  const before = JSON.parse(entry(root, 'policies'))
  const after = JSON.parse(entry(at.home, 'narrower'))
  expect(after.arguments.properties.flag).toEqual({
    ...before.arguments.properties.flag,
    ...{ maxLength: 16, enum: ['express-checkout'] },
  })
  expect({ ...after, arguments: 0 }).toEqual({ ...before, arguments: 0 })
  expect(entry(at.home, 'policies')).toBe(entry(root, 'policies'))
  expect(existsSync(join(at.home, 'narrower/ladder.json'))).toBe(true)
  expect(await at.json(...words, '--policies', 'policies', '--out', 'narrower')).toMatchObject({ exit: 2 })
})

test.each([[['--out', 'x']], [['--policies', 'policies']], [['--policies', 'none', '--out', 'x']]])(
  '`agents usage` with %j alone writes nothing, and says what is missing: exit 2',
  async (options) => {
    const at = withPolicies()
    expect(await at.json(...words, ...options)).toMatchObject({ exit: 2 })
    expect(existsSync(join(at.home, 'x'))).toBe(false)
  },
)
