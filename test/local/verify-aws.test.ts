import { type Check, check, NotAsked } from '../aws/checks/check.ts'
import { totp } from '../aws/checks/sealed.ts'
import { readOptions } from '../aws/options.ts'

const silent = () => {}
const held = async () => ({ held: true, found: 'yes' })
const verdict = async (each: Check) => (await each.ask(silent)).verdict

describe('npm run verify:aws', () => {
  test('what only AWS answers is not asked on an emulator, and so never held there', async () => {
    const onlyAws = { id: 'a', expects: 'b', where: 'aws' } as const
    expect(await verdict(check({ isAws: false }, onlyAws, held))).toBe('not asked here')
    expect(await verdict(check({ isAws: true }, onlyAws, held))).toBe('held')
  })

  test('a check that breaks has failed, and one that lacks what it needs was not asked', async () => {
    const anywhere = { id: 'a', expects: 'b', where: 'anywhere' } as const
    const failing = (fault: Error) => check({ isAws: true }, anywhere, () => Promise.reject(fault))
    expect(await verdict(failing(new Error('no network')))).toBe('failed')
    expect(await verdict(failing(new NotAsked('no trail')))).toBe('not asked here')
  })

  test('an account is twelve digits, and what is not known is refused', () => {
    expect(() => readOptions(['--account', '1234'])).toThrow(/twelve digits/)
    expect(() => readOptions(['--force'])).toThrow(/force/)
    expect(readOptions(['--account', '123456789012'])).toMatchObject({
      account: '123456789012',
      keep: false,
      local: false,
    })
  })

  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [2_000_000_000, '279037'],
  ])('the code of a second factor at %d s is that of RFC 6238, appendix B', (seconds, code) => {
    expect(totp(Buffer.from('12345678901234567890'), seconds * 1000)).toBe(code)
  })
})
