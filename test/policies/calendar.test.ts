import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import type { PersonId } from '../../functions/domain/values.ts'
import { Copy, compileSample } from './sample.ts'

const file = 'policies/calendar.json'
const limits = 'policies/limits.cedar'
const schema = 'policies/hotwork.cedarschema'

const policy = (id: string, condition: string) =>
  `\n@id("${id}")\nforbid (principal, action == Hotwork::Action::"flags:set", resource)\nwhen {\n  ${condition}\n};\n`

type Calendar = { dates: object; windows: { [name: string]: object }; freezes: { [name: string]: object[] } }
const edited = (change: (calendar: Calendar) => void) => (copy: Copy) => copy.editJson(file, change)
const period = { zone: 'Europe/Berlin', from: '2025-11-27', until: '2025-12-02', reason: 'quiet' }
const freeze = (...periods: object[]) =>
  edited(({ freezes }) => {
    freezes['black-friday'] = periods
  })
const window = (window: object) =>
  edited(({ windows }) => {
    windows['nights'] = window
  })

/** What is spoilt, the file and the text on the line that is named, and what message and fix say. */
type Bad = [rule: string, spoil: (copy: Copy) => void, file: string, line: string, message: string, fix: string]

test.each<Bad>([
  [
    'a zone that there is not',
    window({ zone: 'Europe/Berlln' }),
    file,
    '"zone": "Europe/Berlln"',
    '`Europe/Berlln` is not a time zone',
    '',
  ],
  ['a zone without summer', window({ zone: '+01:00' }), file, '"zone": "+01:00"', 'not a time zone', ''],
  ['no days', window({ zone: 'UTC', days: [] }), file, '"days": []', 'at least one day', ''],
  ['no hours', window({ zone: 'UTC', hours: [] }), file, '"hours": []', 'at least one span', ''],
  ['hours that are none', window({ zone: 'UTC', hours: ['9-17'] }), file, '"9-17"', 'hours such as `09:00-17:00`', ''],
  [
    'days left out that are not named',
    window({ zone: 'UTC', except: ['holidays'] }),
    file,
    '"holidays"',
    '`holidays` is not in `dates`',
    'there are: `public-holidays`',
  ],
  [
    'a window and a freeze of one name',
    edited(({ windows }) => {
      windows['black-friday'] = { zone: 'UTC' }
    }),
    file,
    '"black-friday": [',
    '`black-friday` is a window too',
    'another name',
  ],
  [
    'a freeze without an end',
    freeze({ zone: 'UTC', from: '2025-11-27', reason: 'for good' }),
    file,
    '{\n        "zone": "UTC"',
    'until` is missing',
    'add it',
  ],
  [
    'a freeze that ends before it begins',
    freeze({ ...period, until: '2025-11-26' }),
    file,
    '"until"',
    '`2025-11-26` is not after `2025-11-27`',
    '',
  ],
  ['a freeze without a reason', freeze({ ...period, reason: '' }), file, '"reason": ""', 'reason`', ''],
  [
    'a freeze by an instant, when its zone says the time',
    freeze({ ...period, from: '2025-11-27T00:00:00Z' }),
    file,
    '"2025-11-27T00:00:00Z"',
    'a time such as `2026-12-23T17:00`',
    '',
  ],
  [
    'a day that there is not',
    freeze({ ...period, from: '2025-02-30' }),
    file,
    '"2025-02-30"',
    'there is no such day',
    '',
  ],
  [
    'a time on a day that there is not',
    freeze({ ...period, from: '2025-02-30T10:00' }),
    file,
    '"2025-02-30T10:00"',
    'there is no such day',
    '',
  ],
  [
    'two periods at once',
    freeze(period, { ...period, from: '2025-12-01T23:59', until: '2025-12-05', reason: 'longer' }),
    file,
    '{\n        "zone": "Europe/Berlin",\n        "from": "2025-12-01T23:59"',
    'a period before it overlaps',
    'make them one',
  ],
  [
    'a freeze that no policy reads',
    edited(({ freezes }) => {
      freezes['summer'] = [period]
    }),
    file,
    '"summer"',
    'no policy reads the freeze `summer`',
    'context.windows.contains("summer")',
  ],
  [
    'a policy that misspells a window',
    (copy) => copy.edit(limits, (text) => text + policy('typo', 'context.windows.contains("busines-hours")')),
    limits,
    '  context.windows.contains("busines-hours")',
    '`typo` reads the window `busines-hours`, which is not in calendar.json',
    '`business-hours`, `black-friday`',
  ],
  [
    'a policy that misspells one of several',
    (copy) =>
      copy.edit(limits, (text) => text + policy('typo', '["business-hours", "nigths"].containsAll(context.windows)')),
    limits,
    '  ["business-hours", "nigths"]',
    '`typo` reads the window `nigths`',
    'there are',
  ],
  [
    'policies that read windows where there is no calendar',
    (copy) => copy.remove(file),
    limits,
    '  context.windows.contains("black-friday")',
    '`production-is-frozen` reads the window `black-friday`',
    'there are none',
  ],
  [
    'a schema in which `now` is a number',
    (copy) => copy.edit(schema, (text) => text.replace('subject: String, now: datetime', 'subject: String, now: Long')),
    schema,
    '    context: { subject: String, now: Long',
    '`now` of `recertify` is no datetime',
    'write `now: datetime`',
  ],
  [
    'a schema without windows',
    (copy) =>
      copy.edit(schema, (text) =>
        text.replace(
          'sharedGroups: Set<String>, now: datetime, windows: Set<String>',
          'sharedGroups: Set<String>, now: datetime',
        ),
      ),
    schema,
    '  action standIn',
    'the context of `standIn` lacks `windows`',
    'add `windows: Set<String>`',
  ],
])('%s does not compile', (_rule, spoil, where, line, message, fix) => {
  using copy = new Copy()
  spoil(copy)
  const compiled = copy.compile()
  const problems = compiled.ok ? [] : compiled.problems
  const lineOf = copy.lineOf(where, line)
  expect(problems).toContainEqual({
    file: where,
    line: lineOf,
    message: expect.stringContaining(message),
    fix: expect.stringContaining(fix),
  })
})

test('a window that no policy reads is fine, and a freeze where one reads all that hold', () => {
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

test('a folder without a calendar compiles, where no policy reads a window', () => {
  using copy = new Copy()
  copy.remove(file)
  copy.remove('policies/cases/calendar.json')
  copy.edit(limits, (text) => text.slice(0, text.indexOf('// While a freeze')))
  const compiled = copy.compile()
  expect(compiled.ok ? compiled.bundle.calendar : compiled.problems).toBeUndefined()
})

test('another calendar is another bundle', () => {
  using copy = new Copy()
  copy.editJson(file, ({ freezes }) => {
    freezes['black-friday'][0].reason = 'the same, said otherwise'
  })
  const changed = copy.compile()
  expect(changed.ok && changed.bundle.hash).toMatch(/^sha-256:/)
  expect(changed.ok && changed.bundle.hash).not.toBe(compileSample().hash)
})

describe('what people do has the time too', () => {
  const sample = compileSample()
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
    ['the window of the hour', 'context.windows.contains("business-hours")', true],
    ['a window that does not hold', 'context.windows.contains("black-friday")', false],
    ['a moment', 'context.now < datetime("2026-07-01T10:00:01Z")', true],
    ['a moment that is over', 'context.now < datetime("2026-07-01T10:00:00Z")', false],
    ['the hour by UTC', 'context.now.toTime() == duration("10h")', true],
  ])('%s', (_rule, condition, permit) => {
    expect(may(condition, '2026-07-01T10:00:00Z')).toEqual({ permit, policies: permit ? ['by-time'] : [] })
    expect(may(condition, '2026-07-01T10:00:00Z', 'erase')).toMatchObject({ permit })
    expect(may(condition, '2026-07-01T10:00:00Z', 'recertify')).toMatchObject({ permit })
  })
})
