import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { findBreak } from '../../local/demo/chain.ts'
import { untilRefused, withCredentials } from './support/aws.ts'
import { useTerminal } from './support/command-line.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

/** `npx --no-install hotwork` against the deployed stack, as a person on call types it, and AWS's own SDK with its `credential_process`. */

const hotwork = deployed()
const { local } = hotwork
const terminal = useTerminal(local)
const { home } = terminal
const parameter = '/prod/checkout/payment-timeout-ms'
const refused = /AccessDenied|Expired/

const type = (as: string, ...words: string[]) => terminal.type([...words, '--as', as])
// biome-ignore lint/suspicious/noExplicitAny: what is printed has no type until a test has looked at it
const json = async (as: string, ...words: string[]): Promise<{ exit: number; body: any; err: string }> => {
  const { exit, out, err } = await type(as, ...words, '--json')
  return { exit, body: JSON.parse(out), err }
}

const glass = (as: string, ...words: string[]) => type(as, 'break-glass', ...words)
const glassJson = (as: string, ...words: string[]) => json(as, 'break-glass', ...words)

const [jade, gus] = ['person:jade', 'person:gus']
/** No other test uses break-glass of this deployment, where a cool-down takes a quarter of an hour. */
const open = (verb: 'start' | 'drill') => {
  const why = ['--reason', `checkout refuses payments, ${verb}: putting the timeout back as it was`]
  return glassJson(jade, verb, '--profile', 'checkout-recovery', ...why, '--incident', 'INC-2041', '--minutes', '5')
}

test('an opening is used by an unchanged SDK, ended, dead for IAM too, and reviewed', async () => {
  const { exit, body, err } = await open('start')
  expect([exit, body.status, err]).toEqual([0, 'approved', ''])
  const { id } = body
  expect(readdirSync(join(home, 'hotwork'))).toContain(`${id}.json`)

  const setUp = await glass(jade, 'credentials', '--setup')
  // The credential process has the environment of the machine, and not that of this test.
  const own = setUp.out.replace('credential_process = ', `$&/usr/bin/env XDG_STATE_HOME=${home} `)
  writeFileSync(join(home, 'config'), own)
  Object.assign(process.env, { AWS_CONFIG_FILE: join(home, 'config'), AWS_PROFILE: 'hotwork' })
  // The SDK runs it in the current folder, and the checkout has no local stack.
  const here = process.cwd()
  process.chdir(home)
  const ssm = new SSMClient({ maxAttempts: 1 })
  await ssm.send(new PutParameterCommand({ Name: parameter, Value: '3000', Overwrite: true }))
  process.chdir(here)
  // Each call returns the same session, so the one that dies is the SDK's.
  const session = withCredentials(local, { body: JSON.parse((await glass(jade, 'credentials')).out) })
  expect(await session.putParameter(parameter)).toBe('done')

  const status = await glassJson(gus, 'status', id)
  expect(status).toMatchObject({ exit: 0, body: { id, person: jade, status: 'approved' } })
  const listed = await glass(gus, 'list')
  expect(listed.out).toMatch(new RegExp(`${id} +${jade} +checkout-recovery +OPEN +until`))
  expect(listed.out).toMatch(/person:jade +\d+ min +of \d+/)

  expect(await glassJson(jade, 'end')).toMatchObject({ exit: 0, body: { id, status: 'completed' } })
  expect(readdirSync(join(home, 'hotwork'))).toEqual([])
  const put = () => session.putParameter(parameter)
  expect(await untilRefused(put, 60)).toMatch(refused)
  expect((await glass(jade, 'credentials', id)).exit).toBe(2)

  const words = ['--outcome', 'justified', '--note', 'one call, on the parameter of the incident']
  expect(await glassJson(gus, 'review', id, ...words)).toMatchObject({ exit: 0, body: { review: { by: gus } } })
})

test('the exit code tells of an opening that another person ended', async () => {
  const { body } = await open('drill')
  expect(body).toMatchObject({ drill: true, status: 'approved' })
  expect((await glass(gus, 'end', body.id)).exit).toBe(0)
  const { exit, out } = await glass(jade, 'status', body.id)
  expect([exit, out]).toEqual([6, expect.stringContaining(`ENDED by ${gus}  ${body.id}  DRILL`)])
})

test('approvers find a request, read it, approve it, and end its grant', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const waiting = await json('person:ana', 'ls', '--waiting', '--agent', remediator, '--limit', '500')
  expect([waiting.exit, waiting.body.requests.map((each: { id: string }) => each.id)]).toEqual([
    0,
    expect.arrayContaining([id]),
  ])
  expect(await json('person:ana', 'approve', id, '--comment', 'seen')).toMatchObject({
    exit: 0,
    body: { stage: 'sre' },
  })
  expect(await json('person:eve', 'approve', id)).toMatchObject({ exit: 0, body: { status: 'approved' } })
  const { exit, out } = await type('person:ana', 'show', id)
  expect([exit, out]).toEqual([0, expect.stringMatching(/person:ana {2}approved as owner, round 1, by api: seen$/m)])
  expect(await json(gus, 'revoke', id, '--reason', 'an exercise')).toMatchObject({
    exit: 0,
    body: { status: 'revoked' },
  })
})

test('a halt is declared by one person, listed, and lifted by another', async () => {
  // No other test of this deployment asks for this action.
  const { exit, body } = await json(
    gus,
    'halt',
    'action=ecs:UpdateService',
    '--reason',
    'an exercise',
    '--until',
    '10m',
  )
  expect([exit, body.action]).toEqual([0, 'ecs:UpdateService'])
  expect((await type('person:ana', 'halts')).out).toContain(body.id)
  expect(await json('person:hana', 'lift', body.id)).toMatchObject({ exit: 0, body: { lifted: { by: 'person:hana' } } })
})

test('an auditor takes the record away: as entries whose chains hold, for a spreadsheet, and for a SIEM', async () => {
  const ask = setParameter('/hotwork/own')
  await hotwork.evaluate(remediator, ask)
  const exported = async (...words: string[]) => {
    const { exit, out, err } = await type('person:hana', 'ledger', 'export', ...words)
    expect([exit, err]).toEqual([0, expect.anything()])
    return out.split('\n').filter((line) => line !== '')
  }
  const refused = (await exported('--agent', remediator, '--type', 'Refused')).map((line) => JSON.parse(line))
  expect(refused).toContainEqual(
    expect.objectContaining({ resource: { type: ask.resource.type, id: ask.resource.id } }),
  )
  await exported('--out', 'record.ndjson')
  const entries = readFileSync(join(home, 'record.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const chains = Map.groupBy(entries, ({ id }) => id.slice(0, id.lastIndexOf('/')))
  expect([...chains].map(([id, chain]) => findBreak(id, chain)).filter((each) => each !== undefined)).toEqual([])
  const until = ['--until', entries.at(-1).at]
  const [rows, events] = [await exported('--format', 'csv', ...until), await exported('--format', 'ocsf', ...until)]
  expect(rows.length - 1).toBe(events.length)
})
