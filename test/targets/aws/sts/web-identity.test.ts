import { decodeJwt } from 'jose'
import { resolveIdentity } from '../../../../client/identity/identity.ts'
import { pause } from '../../../../client/surroundings.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { become, makeTargetRole } from '../iam/target-role.ts'

/** The client's identity as an AWS role, by the emulator's STS and IAM, whose signatures prove nothing. */

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

/** Acts as a role with these rights from here on, like its Lambda: by the environment. */
async function becomeRole(...rights: string[]): Promise<void> {
  const { accessKeyId, secretAccessKey, sessionToken } = await become(await makeTargetRole(...rights), 'agent')
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  })
}

test('a permitted role gets a token for Hotwork alone, valid for five minutes', async () => {
  await becomeRole('sts:GetWebIdentityToken')
  const { aud, iat = 0, exp = 0 } = decodeJwt(await resolveIdentity('aws', machine)(audience))
  expect([aud, exp - iat]).toEqual([audience, 300])
})

test('a role without the right is told its name', async () => {
  await becomeRole('sqs:ListQueues')
  await expect(resolveIdentity('aws', machine)(audience)).rejects.toMatchObject({
    exit: 2,
    told: { detail: expect.stringContaining('sts:GetWebIdentityToken') },
  })
})
