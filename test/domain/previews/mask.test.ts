import { lesserOf, levelOf, maskPair } from '../../../functions/domain/previews/mask.ts'

const most = 40
const secret = 'hunter2-hunter2-hunter2'

test('a class that is shown whole shows both values', () => {
  expect(maskPair({ before: 300, after: 450 }, 'whole', most)).toEqual({ before: 300, after: 450, masked: false })
  expect(maskPair({ before: false, after: 0 }, 'whole', most)).toEqual({ before: false, after: 0, masked: false })
})

test('an absent value is left out, at every level', () => {
  for (const level of ['whole', 'part', 'compared'] as const)
    expect(maskPair({ after: secret }, level, most)).not.toHaveProperty('before')
})

test('a class that is only compared says whether the value stays, and no character of it', () => {
  const shown = maskPair({ before: secret, after: `${secret}!` }, 'compared', most)
  expect(shown).toEqual({ before: 'hidden', after: 'hidden, another value', masked: true })
  expect(maskPair({ before: '', after: '' }, 'compared', most).after).toBe('hidden, as before')
  expect(maskPair({ before: { a: 1, b: 2 }, after: { b: 2, a: 1 } }, 'compared', most).after).toBe('hidden, as before')
})

test('a class that is shown in part shows four characters of a long text, and none of a short one or a number', () => {
  const shown = maskPair({ before: secret, after: 'short' }, 'part', most)
  expect(shown).toEqual({ before: 'hunt... (23 characters)', after: '(5 characters), another value', masked: true })
  expect(maskPair({ before: true, after: 12345 }, 'part', most)).toEqual({
    before: 'a boolean',
    after: 'a number, another value',
    masked: true,
  })
})

test('a map that is shown in part has its names, and tells of each value whether it stays', () => {
  const before = { Variables: { MODE: 'safe', TOKEN: secret } }
  const after = { Variables: { MODE: 'safe', TOKEN: 'another-secret-of-ours', NEW: 'x' } }
  expect(maskPair({ before, after }, 'part', 400).after).toEqual({
    Variables: {
      MODE: '(4 characters), as before',
      TOKEN: 'anot... (22 characters), another value',
      NEW: '(1 character)',
    },
  })
})

test('a value that is cut tells its length and whether it stays, and counts as masked', () => {
  const long = 'x'.repeat(100)
  expect(maskPair({ before: long, after: `${long}y` }, 'whole', 10)).toEqual({
    before: 'xxxxxxxxxx... (100 characters)',
    after: 'xxxxxxxxxx... (101 characters), another value',
    masked: true,
  })
})

test('an unknown class, and one called as a member of every object, show nothing', () => {
  for (const name of ['unknown', 'constructor', '__proto__'])
    expect(levelOf({ internal: 'whole' }, name)).toBe('compared')
  expect(levelOf(undefined, 'internal')).toBe('compared')
  expect(levelOf({ internal: 'whole' }, 'internal')).toBe('whole')
})

test('the bound of an argument shows at most as much as its class', () => {
  expect(lesserOf('whole', 'part')).toBe('part')
  expect(lesserOf('compared', 'part')).toBe('compared')
  expect(lesserOf('whole', undefined)).toBe('whole')
})
