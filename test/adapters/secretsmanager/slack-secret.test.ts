import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { JsonSecretReader } from '../../../functions/adapters/secretsmanager/secrets.ts'
import { slackSecret } from '../../../functions/channels/slack/secret.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { useAws } from '../emulator.ts'

const canary = 'xoxb-canary-7f3a'
const first = { botToken: canary, signingSecret: 'one' }
const second = { botToken: canary, signingSecret: 'two', previousSigningSecret: 'one' }

describe("Slack's secret", () => {
  useAws()

  const make = async (text: string) => {
    const [client, Name] = [new SecretsManagerClient({}), `test/${randomUUID()}`]
    await client.send(new CreateSecretCommand({ Name, SecretString: text }))
    const clock = new MemoryClock(submittedAt)
    const put = (SecretString: string) => client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }))
    return { secret: new JsonSecretReader(Name, slackSecret, clock), clock, put }
  }

  test('is remembered for five minutes, and a rotated one is then taken up', async () => {
    const { secret, clock, put } = await make(JSON.stringify(first))
    expect(await secret.read()).toEqual(first)
    await put(JSON.stringify(second))
    clock.advance(299)
    expect(await secret.read()).toEqual(first)
    clock.advance(1)
    expect(await secret.read()).toEqual(second)
  })

  test.each([
    ['no JSON', `{"botToken":"${canary}"`],
    ['without a signing secret', JSON.stringify({ botToken: canary })],
    ['with an empty one', JSON.stringify({ ...first, signingSecret: '' })],
  ])('that is %s is a fault which names the members and shows nothing of it', async (_what, text) => {
    const { secret, put } = await make(text)
    const fault = await secret.read().then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(fault?.message).toContain('`signingSecret`')
    expect(`${fault?.stack} ${JSON.stringify(fault?.cause ?? null)}`).not.toContain('canary')
    // A failure is not remembered.
    await put(JSON.stringify(first))
    expect(await secret.read()).toEqual(first)
  })
})
