import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { CloudTrailClient, DescribeTrailsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail'
import {
  CreateAccessKeyCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { until } from '../../../local/demo/findings.ts'
import type { Person } from '../../../local/demo/person.ts'
import { clientSettings } from '../../../local/emulator.ts'
import { type Check, check, type Found, NotAsked, refusedBy, type Site } from './check.ts'

/** Checks of the sealed role: the way round Hotwork, with a long-lived key and a second factor. */
export function checksOfSealedRole(site: Site): readonly Check[] {
  const { aws, world } = site
  const { stackName, accountId } = world.local.aws
  const UserName = `${stackName}-hana`
  const RoleArn = `arn:aws:iam::${accountId}:role/hotwork/${stackName}-sealed`
  const iam = new IAMClient(clientSettings(aws))
  let person: { sts: STSClient; code: () => Promise<string>; SerialNumber: string } | undefined

  const assume = (sts: STSClient, more: object) =>
    sts.send(
      new AssumeRoleCommand({
        RoleArn,
        RoleSessionName: UserName,
        ExternalId: 'sealed',
        DurationSeconds: 900,
        ...more,
      }),
    )

  return [
    check(
      site,
      { id: 'sealed-without-mfa', expects: 'the sealed role is not to be had by a key alone', where: 'aws' },
      async () => {
        const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: RoleArn }
        const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
        await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'seal', PolicyDocument }))
        const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
        const credentials = {
          accessKeyId: AccessKey?.AccessKeyId ?? '',
          secretAccessKey: AccessKey?.SecretAccessKey ?? '',
        }
        person = {
          sts: new STSClient({ ...clientSettings(aws), credentials, maxAttempts: 1 }),
          ...(await enableMfa(iam, UserName)),
        }
        await untilKnown(person.sts)
        return refusedBy(assume(person.sts, {}))
      },
    ),
    check(
      site,
      {
        id: 'sealed-with-mfa',
        expects: 'a code shown in the very call does, though a long-lived key has no MFA age',
        where: 'aws',
      },
      async () => {
        if (!person) throw new NotAsked('the user has no device')
        const { sts, code, SerialNumber } = person
        let refusal = ''
        const look = async () => {
          const session = assume(sts, { SerialNumber, TokenCode: await code() })
          const { AssumedRoleUser } = await session.catch((fault: Error) => {
            refusal = `${fault.name}: ${fault.message}`
            return { AssumedRoleUser: undefined }
          })
          return AssumedRoleUser?.Arn
        }
        // IAM needs minutes to propagate the user's policy and device.
        const arn = await until(look, { withinSeconds: 180, what: 'the role is had' }).catch(() => undefined)
        return { held: arn !== undefined, found: arn ?? refusal }
      },
    ),
    check(
      site,
      {
        id: 'sealed-bell',
        expects: 'Hotwork hears of it from EventBridge, and a review is due',
        where: 'aws',
      },
      () => heard(site),
    ),
  ]
}

/** A new key is unknown for some seconds. */
const untilKnown = (sts: STSClient) =>
  until(() => sts.send(new GetCallerIdentityCommand({})).catch(() => undefined), {
    withinSeconds: 120,
    everyMilliseconds: 2000,
    what: 'STS knows the new key',
  })

/** A time-based one-time password (RFC 6238), as authenticator apps compute it. */
export function totp(seed: Uint8Array, time = Date.now()): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)))
  const mac = createHmac('sha1', seed).update(counter).digest()
  const at = (mac.at(-1) ?? 0) & 0xf
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

async function enableMfa(iam: IAMClient, UserName: string) {
  const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: UserName }))
  const { SerialNumber = '', Base32StringSeed } = VirtualMFADevice ?? {}
  const seed = fromBase32(Buffer.from(Base32StringSeed ?? []).toString())
  let last = ''
  // AWS takes each code once.
  const code = async () => {
    while (totp(seed) === last) await delay(1000)
    last = totp(seed)
    return last
  }
  const AuthenticationCode1 = await code()
  await iam.send(
    new EnableMFADeviceCommand({ UserName, SerialNumber, AuthenticationCode1, AuthenticationCode2: await code() }),
  )
  return { SerialNumber, code }
}

function fromBase32(text: string): Uint8Array {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...text.replace(/=+$/, '')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}

async function heard({ aws, world }: Site): Promise<Found> {
  if (!(await hasTrail(new CloudTrailClient(clientSettings(aws)))))
    throw new NotAsked('no trail is logging in this Region: without one EventBridge hears of no call')
  const reader: Person = world.person('person:gus')
  const began = Date.now()
  const look = async () => (await reader.openings()).find(({ sealed }) => sealed)
  const opening = await until(look, { withinSeconds: 900, everyMilliseconds: 5000, what: 'the bell rings' })
  return { held: true, found: `${opening.id}, ${Math.round((Date.now() - began) / 1000)} s after` }
}

/** Whether the account has a trail, of its own or of its organisation. */
async function hasTrail(client: CloudTrailClient): Promise<boolean> {
  const { trailList = [] } = await client.send(new DescribeTrailsCommand({}))
  const logging = await Promise.all(
    trailList.map(({ TrailARN }) => client.send(new GetTrailStatusCommand({ Name: TrailARN }))),
  )
  return logging.some(({ IsLogging }) => IsLogging)
}
