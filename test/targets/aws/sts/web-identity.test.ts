import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { decodeJwt } from 'jose'
import { resolveIdentity } from '../../../../client/identity/identity.ts'
import { pause } from '../../../../client/surroundings.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { externalId, makeTargetRole } from '../iam/target-role.ts'

/** The client's identity as an AWS role, of an STS and an IAM that are not ours. The emulator signs what no one can verify. */

useAws()
const machine = { env: {}, folder: '/', now: () => new Date(), pause }
const audience = 'https://hotwork.example'
let administrator: NodeJS.ProcessEnv
beforeEach(() => {
  administrator = { ...process.env }
})
afterEach(() => {
  process.env = { ...administrator }
})

/** Acts as a role with these rights from here on, as its Lambda would: by the environment. */
async function becomeRole(...rights: string[]): Promise<void> {
  const client = new STSClient({})
  const assume = { RoleArn: await makeTargetRole(...rights), RoleSessionName: 'agent', ExternalId: externalId }
  const { Credentials } = await client.send(new AssumeRoleCommand(assume))
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey,
    AWS_SESSION_TOKEN: Credentials?.SessionToken,
  })
}

test('a role that may gets a token for Hotwork alone, good for five minutes', async () => {
  await becomeRole('sts:GetWebIdentityToken')
  const { aud, iat = 0, exp = 0 } = decodeJwt(await resolveIdentity('aws', machine)(audience))
  expect([aud, exp - iat]).toEqual([audience, 300])
})

test('a role that may not is told which right it lacks', async () => {
  await becomeRole('sqs:ListQueues')
  await expect(resolveIdentity('aws', machine)(audience)).rejects.toMatchObject({
    exit: 2,
    told: { detail: expect.stringContaining('sts:GetWebIdentityToken') },
  })
})
