import { jsonText, table } from '../../client/screen.ts'
import { opened, useScene, why } from './support/scene.ts'

/** Printed text fits the terminal, and is whole for a program. */

const scene = useScene('break-glass')
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length))
const head = ['ID', 'WHAT', 'WHY']
const rows = [['req_01k2m3n4p5q6r7s8t9v0w1x2y3', `ssm:PutParameter ${'x'.repeat(60)}`, 'short']]

test('the widest column is truncated on a terminal, and an id never', () => {
  const lines = table(head, rows, 80)
  expect(widest(lines.join('\n'))).toBe(80)
  expect(lines[1]).toMatch(/^req_01k2m3n4p5q6r7s8t9v0w1x2y3 {2}ssm:PutParameter x+… {2}short$/)
})

test('a table on a wide terminal is whole', () => {
  expect(table(head, rows, 200)).toEqual(table(head, rows))
})

test('a very narrow terminal still shows the beginning of each cell', () => {
  expect(table(head, rows, 10)[1]).toMatch(/^req_01k2m3n4p5q6r7s8t9v0w1x2y3 {2}ssm:PutPara… {2}short$/)
})

test('a list of openings fits 100 columns on a terminal, and is whole in a file', async () => {
  const person = scene.jade
  await opened(person, ['--profile', 'checkout-recovery', ...why(), '--minutes', '30'])
  const whole = (await person.type('list')).out
  person.columns = 100
  const { out } = await person.type('list')
  expect([whole.includes('…'), widest(whole) > 100, widest(out)]).toEqual([false, true, 100])
})

test('a list has no colour and no other control character', async () => {
  await opened(scene.jade, ['--profile', 'checkout-recovery', ...why(), '--minutes', '30'])
  scene.jade.columns = 80
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect((await scene.jade.type('list')).out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
})

test('JSON is the same value, and does not move the cursor, hide, or read backwards on a terminal', () => {
  const said = { why: 'a\u009b2J\u202eb\u200b\u{e0041}c\n\u2028' }
  const text = jsonText(said)
  expect(JSON.parse(text)).toEqual(said)
  expect(text).toBe('{\n  "why": "a\\u009b2J\\u202eb\\u200b\\udb40\\udc41c\\n\\u2028"\n}\n')
})
