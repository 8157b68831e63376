import {
  inTask,
  readTask,
  readTaskHeader,
  readTaskId,
  type TaskGiven,
  type TaskTerms,
} from '../../../client/gated/call-task.ts'
import type { Refusal } from '../../../client/outcome.ts'

/** The task of a call: its header, and the first of several words for it. */

const terms: TaskTerms = {
  mode: 'session',
  purpose: 'maintenance',
  purposes: ['maintenance', 'release'],
  parentTask: { id: 'CHG-1' },
}
const told = (work: () => unknown) => {
  try {
    return work()
  } catch (trouble) {
    const { code, detail } = (trouble as Refusal).told
    return [code, detail]
  }
}

test.each([
  ['INC-4822', { id: 'INC-4822' }],
  [' INC-4822 ; purpose=release', { id: 'INC-4822', purpose: 'release' }],
  ['"two words, and more"', { id: 'two words, and more' }],
  ['"a \\"quoted\\" one"; url="https://t.example/a;b"', { id: 'a "quoted" one', url: 'https://t.example/a;b' }],
  ['x; url=https://t.example/a; purpose="release"', { id: 'x', url: 'https://t.example/a', purpose: 'release' }],
])('the header %j names a task', (line, task) => {
  expect(readTaskHeader([line])).toEqual({ ...task, source: 'header' })
})

test('a call without the header has no task of it', () => {
  expect([readTaskHeader([]), readTaskHeader(undefined)]).toEqual([undefined, undefined])
})

test.each([
  ['there twice', ['INC-1', 'INC-1'], /there 2 times: send it once/],
  ['empty', [''], /is not `ID`/],
  ['two ids in one line', ['INC-1, INC-2'], /is not `ID`/],
  ['an unknown parameter', ['INC-1; owner=me'], /is not `ID`/],
  ['an open quote', ['"INC-1'], /is not `ID`/],
  ['no address', ['INC-1; url=nowhere'], /`url`.*leave it out/],
  ['257 characters', ['x'.repeat(257)], /`id`.*1 to 256 characters/],
  ['a direction mark', ['"a\u202eb"'], /direction marks/],
])('a header with %s is refused, with the fix', (_, lines, words) => {
  expect(told(() => readTaskHeader(lines))).toEqual(['invalid_parent_task', expect.stringMatching(words)])
})

test.each([
  ['a text', 'INC-1', /not an object/],
  ['a list', [], /not an object/],
  ['nothing', null, /not an object/],
  ['without an id', {}, /`id` of the task is not an id/],
  ['with a number', { id: 7 }, /1 to 256 characters/],
  ['with an empty id', { id: '' }, /1 to 256 characters/],
  ['with 257 characters', { id: 'x'.repeat(257) }, /1 to 256 characters/],
  ['with a direction mark', { id: 'a\u2067b' }, /direction marks/],
  ['with a line break', { id: 'a\nb' }, /line breaks/],
  ['with a purpose, where none is taken', { id: 'a', purpose: 'release' }, /unknown member `purpose`: write id, url/],
  ['with an address that is none', { id: 'a', url: 'x' }, /`url` of the task/],
])('a task that is %s is refused, with the fix', (_, value, words) => {
  expect(told(() => readTask(value, 'the task'))).toEqual(['invalid_parent_task', expect.stringMatching(words)])
})

test('an id of 256 characters is taken', () => {
  expect(readTaskId('x'.repeat(256), 'it')).toHaveLength(256)
})

const by = (source: TaskGiven['source'], more: Partial<TaskGiven> = {}): TaskGiven => ({ id: source, source, ...more })

test('the first word for a task counts, and the constants where there is none', () => {
  expect(inTask(terms, undefined, by('meta'), by('argument'))).toMatchObject({
    parentTask: { id: 'meta' },
    taskSource: 'meta',
    purpose: 'maintenance',
  })
  expect(inTask(terms)).toEqual({ parentTask: { id: 'CHG-1' }, taskSource: 'map', purpose: 'maintenance' })
})

test('a fixed map takes no word for a task', () => {
  const fixed: TaskTerms = { ...terms, mode: 'fixed' }
  expect(inTask(fixed, by('header', { purpose: 'release' }))).toEqual(inTask(terms))
})

test('a purpose is one of the map, from the first word that has one', () => {
  const named = [by('header'), by('meta', { purpose: 'release' })]
  expect(inTask(terms, ...named)).toMatchObject({ parentTask: { id: 'header' }, purpose: 'release' })
  expect(told(() => inTask(terms, by('header', { purpose: 'curiosity\u202e' })))).toEqual([
    'unknown_purpose',
    'name one of `maintenance`, `release`, or leave `purpose` out',
  ])
})
