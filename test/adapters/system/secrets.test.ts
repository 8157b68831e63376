import { SystemSecrets } from '../../../functions/adapters/system/system.ts'

const secrets = new SystemSecrets()
const secret = secrets.secret()
const text = 'grüße 👩‍🚒 '.repeat(2000)

test('a sealed text is read with its secret, and each sealing differs', () => {
  const [one, two] = [secrets.seal(text, secret), secrets.seal(text, secret)]
  expect(one).not.toBe(two)
  expect([secrets.unseal(one, secret), secrets.unseal(two, secret)]).toEqual([text, text])
})

test('a sealed text that was changed, cut or sealed with another secret is not read', () => {
  const sealed = secrets.seal('text', secret)
  expect(secrets.unseal(sealed, secrets.secret())).toBeUndefined()
  for (const wrong of [
    `A${sealed.slice(1)}`,
    `${sealed.slice(0, -2)}AA`,
    sealed.slice(0, 20),
    sealed.slice(4),
    '',
    '{"a":1}',
    undefined,
  ])
    expect(secrets.unseal(wrong, secret)).toBeUndefined()
})
