import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import type { PersonId } from '../../functions/domain/values.ts'
import { sampleBundle } from '../support/world.ts'
import { testBadFolders } from './bad/bad-folders.ts'
import { Copy } from './sample.ts'

const file = 'policies/calendar.json'
const limits = 'policies/limits.cedar'

const policy = (id: string, condition: string) =>
  `\n@id("${id}")\nforbid (principal, action == Hotwork::Action::"flags:set", resource)\nwhen {\n  ${condition}\n};\n`

const period = { zone: 'Europe/Berlin', from: '2025-11-27', until: '2025-12-02', reason: 'quiet' }

testBadFolders('calendar.txt')

test('a window may stay unread, and a freeze if a policy reads the whole set of windows', () => {
  using copy = new Copy()
  copy.editJson(file, ({ windows, freezes }) => {
    windows.nights = { zone: 'UTC', hours: ['22:00-06:00'] }
    freezes.summer = [period]
  })
  copy.edit(limits, (text) => text + policy('only-in-quiet', 'context.windows == ["nights"]'))
  const compiled = copy.compile()
  const messages = compiled.ok ? [] : compiled.problems.map(({ message }) => message)
  expect(messages).toContain('no policy reads the freeze `summer`, so it stops nothing')
  copy.edit(limits, (text) => text + policy('any', '!context.windows.isEmpty() && context.approval.tier < 1'))
  const again = copy.compile()
  const left = again.ok ? [] : again.problems.map(({ message }) => message)
  expect(left.filter((message) => message.includes('freeze'))).toEqual([])
})

test('a folder without a calendar compiles if its policies read no window', () => {
  using copy = new Copy()
  copy.remove(file)
  copy.remove('policies/cases/calendar.json')
  copy.edit(limits, (text) => text.slice(0, text.indexOf('// While a freeze')))
  const compiled = copy.compile()
  expect(compiled.ok ? compiled.bundle.calendar : compiled.problems).toBeUndefined()
})

test('a changed calendar changes the hash of the bundle', () => {
  using copy = new Copy()
  copy.editJson(file, ({ freezes }) => {
    freezes['black-friday'][0].reason = 'the same, said otherwise'
  })
  const changed = copy.compile()
  expect(changed.ok && changed.bundle.hash).toMatch(/^sha-256:/)
  expect(changed.ok && changed.bundle.hash).not.toBe(sampleBundle().hash)
})

const sample = sampleBundle()
const may = (
  condition: string,
  now: string,
  action: 'read' | 'approve' | 'standIn' | 'erase' | 'recertify' = 'read',
) => {
  const id = 'by-time'
  const text = `permit (principal, action, resource) when { ${condition} };`
  const policies = { ...sample.policies, [action]: { [id]: text } }
  const hash = `sha-256:${condition} ${action}` as typeof sample.hash
  const person = { id: 'person:ana' as PersonId, groups: [] }
  return new CedarPolicy({ ...sample, hash, policies }).ask({
    ...{ kind: 'person', action, person, now: Date.parse(now) / 1000 },
    ...(action === 'recertify' && { subject: 'agent:remediator' }),
  })
}

test.each([
  ['the window in force', 'context.windows.contains("business-hours")', true],
  ['a window out of force', 'context.windows.contains("black-friday")', false],
  ['a time ahead', 'context.now < datetime("2026-07-01T10:00:01Z")', true],
  ['a time that has passed', 'context.now < datetime("2026-07-01T10:00:00Z")', false],
  ['the hour by UTC', 'context.now.toTime() == duration("10h")', true],
])('policy reads %s for an act of a person', (_rule, condition, permit) => {
  expect(may(condition, '2026-07-01T10:00:00Z')).toEqual({ permit, policies: permit ? ['by-time'] : [] })
  expect(may(condition, '2026-07-01T10:00:00Z', 'erase')).toMatchObject({ permit })
  expect(may(condition, '2026-07-01T10:00:00Z', 'recertify')).toMatchObject({ permit })
})
