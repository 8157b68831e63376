import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import {
  IncidentSecretReader,
  JsonSecretReader,
  PagerDutySecretReader,
  WebhookSecretReader,
} from '../../../functions/adapters/secretsmanager/secrets.ts'
import { slackSecret } from '../../../functions/channels/slack/secret.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { useAws } from '../emulator.ts'

/** The secrets that the operator puts, each with its reader. */

useAws()

const [one, two, three] = ['c2Vj', 'Y2Fu', 'dGhy'].map((part) => `whsec_${part.repeat(11)}`)
const generated = 'aB3'.repeat(21).concat('x')
const canary = 'xoxb-canary-7f3a'
const slack = { botToken: canary, signingSecret: 'one' }

function readersOf(name: string, clock = new MemoryClock(submittedAt)) {
  const incidents = new IncidentSecretReader(name, clock)
  const webhooks = new WebhookSecretReader(name, clock)
  return {
    incidents,
    webhooks,
    slack: new JsonSecretReader(name, slackSecret, clock),
    read: {
      incidents: () => incidents.webhookSecrets(),
      pagerDuty: () => new PagerDutySecretReader(name, clock).read(),
      slack: () => new JsonSecretReader(name, slackSecret, clock).read(),
      webhooks: () => webhooks.secretsOf('tool:one'),
    },
  }
}

async function put(value: unknown) {
  const [client, Name, clock] = [new SecretsManagerClient({}), `test/${randomUUID()}`, new MemoryClock(submittedAt)]
  const SecretString = typeof value === 'string' ? value : JSON.stringify(value)
  await client.send(new CreateSecretCommand({ Name, SecretString }))
  const replace = (by: object) =>
    client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: JSON.stringify(by) }))
  return { ...readersOf(Name, clock), clock, replace }
}

test("a delivery may be signed with the incident tool's secret, and during a rotation with the previous one", async () => {
  expect(await (await put({ webhookSecret: one })).read.incidents()).toEqual([one])
  const { incidents } = await put({
    ...{ webhookSecret: one, previousWebhookSecret: two, checkAuthorization: 'Token token=x' },
  })
  expect(await incidents.webhookSecrets()).toEqual([one, two])
  expect((await incidents.read()).checkAuthorization).toBe('Token token=x')
})

test('the generated value of a secret, letters and digits of 48 bytes, can be read and no tool has it', async () => {
  expect(await (await put({ webhookSecret: generated })).read.incidents()).toEqual([generated])
  expect(await (await put({ unused: generated })).read.webhooks()).toEqual([])
})

test('the token of PagerDuty is read unchanged', async () => {
  expect(await (await put({ token: 'u+AbC_123' })).read.pagerDuty()).toEqual({ token: 'u+AbC_123' })
})

test('an agent or a tool signs with its own secret, or during a rotation with two, the first first', async () => {
  const { webhooks } = await put({ 'tool:one': one, 'agent:two': [two, one] })
  expect(await webhooks.secretsOf('tool:one')).toEqual([one])
  expect(await webhooks.secretsOf('agent:two')).toEqual([two, one])
  expect(await webhooks.secretsOf('agent:other')).toEqual([])
})

test.each([
  ['too short', 'whsec_Y2FuYXJ5'],
  ['not base 64', 'canary!'.repeat(8)],
  ['one of three', [one, two, three]],
  ['a number', 7],
])('a webhook secret that is %s counts as absent, and the other webhooks are not affected', async (_what, wrong) => {
  const { webhooks } = await put({ 'tool:one': wrong, 'tool:two': two })
  expect(await webhooks.secretsOf('tool:one')).toEqual([])
  expect(await webhooks.secretsOf('tool:two')).toEqual([two])
})

test('a secret is cached for five minutes, and a rotated one is read after that', async () => {
  const second = { ...slack, signingSecret: 'two', previousSigningSecret: 'one' }
  const { slack: reader, clock, replace } = await put(slack)
  expect(await reader.read()).toEqual(slack)
  await replace(second)
  clock.advance(299)
  expect(await reader.read()).toEqual(slack)
  clock.advance(1)
  expect(await reader.read()).toEqual(second)
})

type Reads = ReturnType<typeof readersOf>['read']
test.each<[of: keyof Reads, what: string, value: unknown, member: string]>([
  ['incidents', 'missing', {}, 'webhookSecret'],
  ['incidents', 'empty', { webhookSecret: '' }, 'webhookSecret'],
  ['incidents', 'too short', { webhookSecret: 'Y2FuYXJ5' }, 'webhookSecret'],
  ['incidents', 'not base 64', { webhookSecret: 'canary!'.repeat(8) }, 'webhookSecret'],
  ['pagerDuty', 'missing', {}, 'token'],
  ['pagerDuty', 'empty', { token: '' }, 'token'],
  ['pagerDuty', 'several lines, which would be another header', { token: 'canary\r\nhost: x' }, 'token'],
  ['slack', 'invalid JSON', `{"botToken":"${canary}"`, 'signingSecret'],
  ['slack', 'incomplete', { botToken: canary }, 'signingSecret'],
  ['slack', 'empty', { ...slack, signingSecret: '' }, 'signingSecret'],
  ['webhooks', 'invalid JSON', `{ "tool:one": "${one}`, 'whsec_...'],
  ['webhooks', 'a list', [one], 'whsec_...'],
])(
  'a secret of %s that is %s is a fault that names the member and shows no value',
  async (of, _what, value, member) => {
    const { read } = await put(value)
    const fault = await read[of]().then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(fault).toMatchObject({ name: 'SecretUnavailable', message: expect.stringContaining(`\`${member}\``) })
    expect(`${fault?.stack} ${JSON.stringify(fault?.cause ?? null)}`).not.toMatch(/canary|Y2FuYXJ5|c2Vj/)
  },
)

test('a failed reading of a secret is not cached', async () => {
  const { slack: reader, replace } = await put('{}')
  await expect(reader.read()).rejects.toThrow()
  await replace(slack)
  expect(await reader.read()).toEqual(slack)
})

test('a missing secret is unavailable', async () => {
  await expect(readersOf(`test/${randomUUID()}`).read.webhooks()).rejects.toMatchObject({ name: 'SecretUnavailable' })
})
