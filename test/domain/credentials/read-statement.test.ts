import { readSeconds, statements } from '../../../functions/domain/credentials/statements.ts'

test('a statement that Hotwork asks lasts minutes at most, no matter which function has it signed', () => {
  const { claims } = statements.read
  const iat = 1_800_000_000
  expect(claims.safeParse({ aud: 'https://flags.example', iat, exp: iat + readSeconds }).success).toBe(true)
  for (const exp of [iat, iat - 1, iat + readSeconds + 1])
    expect(claims.safeParse({ aud: 'https://flags.example', iat, exp }).success).toBe(false)
  expect(claims.safeParse({ aud: 'https://flags.example', iat, exp: iat + 60, sub: 'agent:x' }).success).toBe(false)
})
