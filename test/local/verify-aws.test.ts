import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { denial, iamDenial } from '../../local/demo/findings.ts'
import { listenOnLoopback } from '../../local/loopback.ts'
import { endpointIn, isOfThisMachine } from '../../tools/aws/account.ts'
import { type Check, check, NotAsked } from '../../tools/aws/checks/check.ts'
import { totp } from '../../tools/aws/checks/sealed.ts'
import { type Made, stacksOf } from '../../tools/aws/made.ts'
import { readOptions } from '../../tools/aws/options.ts'
import { callProgram } from '../../tools/aws/relay/serve.ts'
import { removeAll } from '../../tools/aws/remove.ts'
import { type Run, summaryOf, writeReport } from '../../tools/aws/report.ts'

const silent = () => {}
const held = async () => ({ held: true, found: 'yes' })
const verdict = async (each: Check) => (await each.ask(silent)).verdict

test('a check that only AWS answers is not asked on an emulator, and so never held there', async () => {
  const onlyAws = { id: 'a', expects: 'b', where: 'aws' } as const
  expect(await verdict(check({ isAws: false }, onlyAws, held))).toBe('not asked here')
  expect(await verdict(check({ isAws: true }, onlyAws, held))).toBe('held')
})

test('a check that throws has failed, and one without its precondition was not asked', async () => {
  const anywhere = { id: 'a', expects: 'b', where: 'anywhere' } as const
  const failing = (fault: Error) => check({ isAws: true }, anywhere, () => Promise.reject(fault))
  expect(await verdict(failing(new Error('no network')))).toBe('failed')
  expect(await verdict(failing(new NotAsked('no trail')))).toBe('not asked here')
})

test('an account is twelve digits, and an unknown option is refused before anything is made', () => {
  const names = ['story', 'ledger', 'break-glass', 'time', 'lag', 'drift']
  expect(() => readOptions(['--account', '1234'], names)).toThrow(/twelve digits/)
  expect(() => readOptions(['--force'], names)).toThrow(/force/)
  expect(readOptions(['--account', '123456789012', '--chapters', 'drift'], names)).toMatchObject({
    ...{ account: '123456789012', keep: false, local: false },
    chapters: ['drift'],
  })
})

test('an endpoint elsewhere is no emulator, and no service may have its own endpoint', () => {
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
  ['pager', '/incidents/INC-1', 200],
  ['slack', '/', 404],
  ['slack', '/control/fault', 404],
  ['slack', '/api/../control/fault', 404],
  ['slack', '/api/%2e%2e/control/fault', 404],
  ['idp', '/signals', 404],
  ['idp', '/a/../signals', 404],
  ['pager', '/control/shift', 404],
  ['other', '/', 404],
])('the relay answers %s at %s with %d', async (program, path, status) => {
  const server = await listenOnLoopback()
  server.handle((_request, response) => response.end('asked'))
  const answered = await callProgram({ program, method: 'GET', path, headers: {} }, server.url)
  await server.close()
  expect(answered).toMatchObject({ status, body: status === 200 ? 'asked' : 'Hotwork asks nothing there' })
})

test('an unknown chapter is refused before anything is made, and the chapters are named', () => {
  const names = ['story', 'lag']
  expect(() => readOptions(['--chapters', 'stroy'], names)).toThrow(/no chapter `stroy`: choose of story, lag$/)
  expect(() => readOptions(['--local', '--keep'], names)).toThrow(/the emulator ends with the command/)
  expect(readOptions(['--chapters', 'story, lag'], names).chapters).toEqual(['story', 'lag'])
})

test('an expired session is refused as not allowed, as AWS refuses a denied one, and not by a deny', async () => {
  const expired = new Error('The security token included in the request is expired')
  expired.name = 'ExpiredTokenException'
  const said = (await iamDenial(() => Promise.reject(expired))) ?? ''
  expect(denial.notAllowed.test(said)).toBe(true)
  expect(denial.denied.test(said)).toBe(false)
  await expect(iamDenial(() => Promise.reject(new Error('no network')))).rejects.toThrow('no network')
})

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [2_000_000_000, '279037'],
])('the code of a second factor at %d s is that of RFC 6238, appendix B', (seconds, code) => {
  expect(totp(Buffer.from('12345678901234567890'), seconds * 1000)).toBe(code)
})

const run: Run = {
  ...{ name: 'Hwv1', accountId: '123456789012', region: 'eu-west-1', isAws: true, began: 0 },
  chapters: { names: ['story'], held: 3, failures: [] },
  checks: [{ id: 'a', expects: 'b', verdict: 'not asked here', found: 'c', seconds: 0 }],
}
const failed = { id: 'keys', expects: 'no keys', verdict: 'failed', found: 'a | key\nof ana', seconds: 2 } as const

test.each<[string, Partial<Run>, RegExp]>([
  ['all held', {}, /^GOOD; chapters: 3 expectations held, 0 failed; checks: 0 held, 0 failed, 1 not asked here$/],
  ['a check failed', { checks: [failed] }, /^NOT GOOD; .*1 failed/],
  ['an expectation failed', { chapters: { names: [], held: 3, failures: ['x'] } }, /^NOT GOOD; .*1 failed/],
  ['nothing was looked at', { chapters: { names: [], held: 0, failures: [] } }, /^NOT GOOD/],
  ['it was ended', { endedBy: 'asked to end by SIGINT' }, /^NOT GOOD; it did not come to its end: asked to end by/],
])('the first line of a report says that %s', (_, more, words) => {
  expect(summaryOf({ ...run, ...more })).toMatch(words)
})

test('the report names failures first, also of a run that was never deployed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-report-'))
  writeReport(folder, { ...run, checks: [failed], chapters: { names: [], held: 0, failures: ['The story: x'] } })
  const text = readFileSync(join(folder, 'report.md'), 'utf8')
  rmSync(folder, { recursive: true })
  expect(text).toContain('It was not deployed')
  expect(text).toContain('## Failed\n\n- The story: x\n- check `keys`: no keys. Found: a | key of ana\n')
  expect(text).toContain('| `keys` | no keys | failed | a \\| key of ana | 2 |')
  expect(text.indexOf('## Failed')).toBeLessThan(text.indexOf('## Latencies'))
})

const gone = 'Stack with id Hwv1 does not exist'
const made: Made = {
  ...{ name: 'Hwv1', accountId: '123456789012', region: 'eu-west-1' },
  ...{ stacks: stacksOf('Hwv1'), paths: ['/prod/checkout'] },
}

/** Removes a run in an account that has these stacks, and nothing else of the run. */
async function removed(made: Made, stacks: { readonly [name: string]: string }) {
  const calls: string[] = []
  const server = await listenOnLoopback()
  server.handle(async (incoming, response) => {
    const form = new URLSearchParams(await text(incoming))
    const action = form.get('Action') ?? String(incoming.headers['x-amz-target'] ?? incoming.url)
    const about = form.get('StackName') ?? ''
    calls.push([action.replace(/^.*\./, ''), about].join(' ').trim())
    const stack = Object.entries(stacks).find(([name]) => about.endsWith(name))
    const [status, body] = answerOf(action, stack)
    response.writeHead(status, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end(body)
  })
  const access = { endpointUrl: server.url, region: 'eu-west-1', accessKeyId: 'x', secretAccessKey: 'x' }
  const written: Made[] = []
  const left = await removeAll(access, made, silent, (now) => written.push(now))
  await server.close()
  return { left, calls, still: written.at(-1) as Made }
}

function answerOf(action: string, stack: [name: string, status: string] | undefined): [number, string] {
  const error = (code: string, message: string): [number, string] => [
    400,
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  ]
  const result = (xml: string): [number, string] => [
    200,
    `<${action}Response><${action}Result>${xml}</${action}Result></${action}Response>`,
  ]
  if (action.endsWith('GetParametersByPath')) return [200, '{"Parameters":[{"Name":"/prod/checkout/other"}]}']
  if (action.endsWith('DeleteParameter')) return [200, '{}']
  if (action.includes('.') || action.startsWith('/')) return [400, '{"__type":"ResourceNotFoundException"}']
  if (!stack) return error('ValidationError', gone)
  const [name, status] = stack
  if (action === 'DescribeStacks')
    return result(
      `<Stacks><member><StackName>${name}</StackName><StackId>arn:${name}</StackId><StackStatus>${status}</StackStatus></member></Stacks>`,
    )
  if (action === 'ListStackResources')
    return result(
      '<StackResourceSummaries><member><LogicalResourceId>Role</LogicalResourceId><ResourceType>AWS::IAM::Role</ResourceType><ResourceStatus>DELETE_FAILED</ResourceStatus><ResourceStatusReason>must delete policies first</ResourceStatusReason></member><member><LogicalResourceId>Log</LogicalResourceId><PhysicalResourceId>log-1</PhysicalResourceId><ResourceType>AWS::DynamoDB::Table</ResourceType></member></StackResourceSummaries>',
    )
  return result('')
}

test('a removed parameter is forgotten: the account may use its name later', async () => {
  const { left, calls, still } = await removed(made, {})
  expect(left).toEqual([])
  expect(calls).toContain('DeleteParameter')
  expect(still).toMatchObject({ stacks: [], paths: [], kept: [] })
  expect((await removed(still, {})).calls).not.toContain('DeleteParameter')
})

test('a resource that outlives its stack is still known when the stack is deleted', async () => {
  const kept = [{ type: 'key', id: 'key-1' } as const]
  expect((await removed({ ...made, kept }, {})).calls).toContain('ScheduleKeyDeletion')
})

test('a stack that cannot be deleted is retried without its denies, and named with the reason', async () => {
  const { left, calls, still } = await removed(made, { Hwv1Target: 'DELETE_FAILED', Hwv1Toolkit: 'CREATE_COMPLETE' })
  expect(left[0]).toMatchObject({ type: 'stack', id: 'Hwv1Target', why: 'Error: Role: must delete policies first' })
  const tries = calls.filter((call) => /^(DeleteRolePolicy|DeleteStack arn:Hwv1Target)$/.test(call))
  expect(tries).toEqual(Array.from({ length: 2 }, () => ['DeleteRolePolicy', 'DeleteStack arn:Hwv1Target']).flat())
  expect(still.stacks).toContain('Hwv1Target')
})

test('the toolkit stays as long as another stack, which CloudFormation deletes by its role', async () => {
  const { left, calls, still } = await removed(made, { Hwv1: 'DELETE_FAILED', Hwv1Toolkit: 'CREATE_COMPLETE' })
  expect(left.map(({ id }) => id)).toEqual(['Hwv1', 'Hwv1Toolkit'])
  expect(calls).not.toContain('DeleteStack arn:Hwv1Toolkit')
  expect(still.stacks).toEqual(['Hwv1Toolkit', 'Hwv1'])
})

test('a resource that was made during the removal is found too, by the id of the stack', async () => {
  const { calls } = await removed(made, { Hwv1: 'DELETE_COMPLETE' })
  expect(calls.indexOf('ListStackResources arn:Hwv1')).toBeGreaterThan(calls.indexOf('DeleteStack arn:Hwv1'))
})

test('a doubled Ctrl-C, as from `npm run`, counts once, and a later one ends the process at once', async () => {
  const program = `
    import { untilAsked } from './local/processes.ts'
    let now = 0
    const asked = untilAsked(() => now)
    const told = (at) => { now = at; process.emit('SIGINT'); console.log(asked.aborted, at) }
    told(5_000)
    told(5_100)
    told(9_000)`
  const child = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', program], { encoding: 'utf8' })
  expect(child).toMatchObject({ status: 130, stdout: 'true 5000\ntrue 5100\n' })
})
