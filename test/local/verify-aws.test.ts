import { listenOnLoopback } from '../../infra/local/loopback.ts'
import { endpointIn, isOfThisMachine } from '../aws/account.ts'
import { type Check, check, NotAsked } from '../aws/checks/check.ts'
import { totp } from '../aws/checks/sealed.ts'
import { readOptions } from '../aws/options.ts'
import { callProgram } from '../aws/relay/serve.ts'
import { findKept } from '../aws/remove.ts'

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

  test('an account is twelve digits, and what is not known is refused before anything is made', () => {
    const names = ['story', 'ledger', 'break-glass', 'drill', 'time', 'lag', 'halts']
    expect(() => readOptions(['--account', '1234'], names)).toThrow(/twelve digits/)
    expect(() => readOptions(['--force'], names)).toThrow(/force/)
    expect(() => readOptions(['--chapters', 'halts,stroy'], names)).toThrow(/no chapter `stroy`/)
    expect(readOptions(['--account', '123456789012', '--chapters', 'halts'], names)).toMatchObject({
      ...{ account: '123456789012', keep: false, local: false },
      chapters: ['halts'],
    })
  })

  test('what is not on this machine is no emulator, and no service may be elsewhere than the others', () => {
    for (const here of ['http://127.0.0.1:4566', 'http://localhost:4566', 'http://[::1]:4566'])
      expect(isOfThisMachine(here)).toBe(true)
    for (const elsewhere of ['https://dynamodb.eu-west-1.amazonaws.com', 'http://127.0.0.1.example.com'])
      expect(isOfThisMachine(elsewhere)).toBe(false)
    expect(endpointIn({})).toBe('')
    expect(endpointIn({ AWS_ENDPOINT_URL: 'http://localhost:4566' })).toBe('http://localhost:4566')
    expect(() => endpointIn({ AWS_ENDPOINT_URL_STS: 'http://localhost:4566' })).toThrow(/AWS_ENDPOINT_URL_STS/)
  })

  test.each([
    ['slack', '/api/auth.test', 200],
    ['slack', '/response/a1b2', 200],
    ['idp', '/.well-known/openid-configuration', 200],
    ['idp', '/token', 200],
    ['pager', '/oncalls?until=1', 200],
    ['slack', '/', 404],
    ['slack', '/control/fault', 404],
    ['slack', '/api/../control/fault', 404],
    ['slack', '/api/%2e%2e/control/fault', 404],
    ['idp', '/signals', 404],
    ['idp', '/a/../signals', 404],
    ['pager', '/control/shift', 404],
    ['other', '/', 404],
  ])('the relay answers of %s at %s: %d', async (program, path, status) => {
    const server = await listenOnLoopback()
    server.handle((_request, response) => response.end('asked'))
    const answered = await callProgram({ program, method: 'GET', path, headers: {} }, server.url)
    await server.close()
    expect(answered).toMatchObject({ status, body: status === 200 ? 'asked' : 'Hotwork asks nothing there' })
  })

  test('what a stack kept is still known when the stack is gone, of which AWS tells nothing any more', async () => {
    const server = await listenOnLoopback()
    server.handle((_, response) => {
      const error = '<Code>ValidationError</Code><Message>Stack with id Hwv1 does not exist</Message>'
      response.writeHead(400, { 'content-type': 'text/xml' })
      response.end(`<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`)
    })
    const access = { endpointUrl: server.url, region: 'eu-west-1', accessKeyId: 'x', secretAccessKey: 'x' }
    const kept = [{ type: 'bucket', id: 'hwv1-log' } as const]
    const made = {
      ...{ name: 'Hwv1', accountId: '123456789012', region: 'eu-west-1' },
      stacks: ['Hwv1'],
      parameters: [],
    }
    expect(await findKept(access, { ...made, kept })).toEqual(kept)
    await server.close()
  })

  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [2_000_000_000, '279037'],
  ])('the code of a second factor at %d s is that of RFC 6238, appendix B', (seconds, code) => {
    expect(totp(Buffer.from('12345678901234567890'), seconds * 1000)).toBe(code)
  })
})
