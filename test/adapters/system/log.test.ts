import { Logger } from '@aws-lambda-powertools/logger'
import { PowertoolsLog } from '../../../functions/adapters/powertools/log.ts'
import { MemorySigner } from '../../support/credentials/memory-signer.ts'

/** A log whose lines are kept. Powertools writes each level by the method of that name of its console. */
function logged(write: (log: PowertoolsLog) => void): { [member: string]: unknown }[] {
  const lines: string[] = []
  const logger = new Logger({ serviceName: 'hotwork', logLevel: 'INFO' })
  const keep = (line: string) => void lines.push(line)
  Object.assign(logger, { console: { ...console, info: keep, warn: keep, error: keep } })
  write(new PowertoolsLog(logger))
  return lines.map((line) => JSON.parse(line))
}

test('a line in the log is JSON with its level, its message and its fields', () => {
  const lines = logged((log) => {
    log.info('refused', { request: 'req_1', code: 'not_eligible', attempt: 2, replayed: false, tool: undefined })
    log.warn('late')
    log.error('the store did not answer', { fault: 'StoreUnavailable' })
  })
  expect(lines).toMatchObject([
    { level: 'INFO', message: 'refused', request: 'req_1', code: 'not_eligible', attempt: 2, replayed: false },
    { level: 'WARN', message: 'late' },
    { level: 'ERROR', message: 'the store did not answer', fault: 'StoreUnavailable' },
  ])
  expect(lines[0]).toHaveProperty('timestamp')
})

test.each<[what: string, secret: () => string | Promise<string>]>([
  ['a JWT', () => new MemorySigner().sign('at+jwt', { sub: 'agent:remediator' })],
  ['a JWT without its signature', async () => (await new MemorySigner().sign('at+jwt', {})).replace(/\.[^.]*$/, '')],
  ['an access key id', () => 'ASIAQWERTYUIOPASDFGH'],
  ['a bot token of Slack', () => 'xoxb-123456789012-abcdefghijkl'],
  ['an app token of Slack', () => 'xapp-1-A012345-6789-abcdef'],
  ['a session or task token', () => 'IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJH'.repeat(4)],
])('a line in the log never shows %s, in its message or in a field', async (_what, secret) => {
  const text = await secret()
  const lines = logged((log) => {
    log.info(`got ${text}`, { note: `"${text}"` })
    log.error(text, { value: text })
  })
  expect(lines).toHaveLength(2)
  expect(JSON.stringify(lines)).not.toContain(text.slice(0, 24))
  expect(JSON.stringify(lines)).toContain('[redacted]')
})

test('a line in the log shows ids, digests, thumbprints, ARNs and addresses unchanged', () => {
  const fields = {
    request: `req_${'0'.repeat(26)}`,
    digest: `sha-256:${'a'.repeat(43)}`,
    jkt: 'b'.repeat(43),
    role: 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target',
    url: 'https://hotwork.example/access/v1/requests/req_00000000000000000000000001?wait=25',
  }
  expect(logged((log) => log.info('told', fields))).toMatchObject([fields])
})
