import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { liveSession } from '../../../local/demo/chapters/credentials.ts'
import { clientSettings } from '../../../local/emulator.ts'
import { type Check, check, refusedBy, type Site } from './check.ts'
import { callAs, functionOf } from './probe.ts'

/** Checks of rights, by real calls. */
export function checksOfIam(site: Site): readonly Check[] {
  const { aws, world } = site
  const { local } = world
  const settings = clientSettings(aws)
  const message = {
    Message: Buffer.from('verify:aws'),
    MessageType: 'RAW' as const,
    SigningAlgorithm: 'ECDSA_SHA_256' as const,
  }
  const keyOf = async (): Promise<string> => {
    const { Environment } = await functionOf(site, 'issue-token')
    return Environment?.Variables?.['SIGNING_KEY'] ?? ''
  }
  const asRole = async (...call: Parameters<typeof callAs> extends [Site, ...infer Rest] ? Rest : never) => {
    const found = await callAs(site, ...call)
    return { held: /AccessDenied/.test(found), found }
  }
  return [
    check(
      site,
      { id: 'template', expects: 'CloudFormation takes both templates as they are', where: 'anywhere' },
      async () => {
        const client = new CloudFormationClient(settings)
        const names = [local.aws.stackName, `${local.aws.stackName}Target`]
        const stacks = await Promise.all(
          names.map((StackName) => client.send(new DescribeStacksCommand({ StackName }))),
        )
        const states = stacks.map(({ Stacks: [stack] = [] }) => `${stack?.StackName} ${stack?.StackStatus}`)
        return { held: states.every((state) => /(CREATE|UPDATE)_COMPLETE$/.test(state)), found: states.join(', ') }
      },
    ),
    check(
      site,
      { id: 'leading-keys', expects: 'the public login’s role cannot put a row of a request', where: 'aws' },
      () =>
        asRole('log-in', {
          service: 'dynamodb',
          command: 'PutItem',
          input: { TableName: local.aws.requestsTable, Item: { pk: { S: 'REQ#req_forged' }, sk: { S: 'STATE' } } },
        }),
    ),
    check(
      site,
      { id: 'signing-key', expects: 'another Lambda’s role cannot sign access tokens', where: 'anywhere' },
      async () =>
        asRole('log-in', {
          service: 'kms',
          command: 'Sign',
          input: { KeyId: await keyOf(), ...message, Message: 'YQ==' },
        }),
    ),
    check(
      site,
      {
        id: 'signing-key-administrator',
        expects: 'the account’s administrator cannot sign access tokens',
        where: 'aws',
      },
      async () => refusedBy(new KMSClient(settings).send(new SignCommand({ KeyId: await keyOf(), ...message }))),
    ),
    check(
      site,
      { id: 'log-append-only', expects: 'the notary’s role cannot write over what is in the log', where: 'anywhere' },
      () =>
        asRole('notarize-entries', {
          service: 's3',
          command: 'PutObject',
          input: { Bucket: local.aws.logBucket, Key: 'tile/0/000', Body: 'forged' },
        }),
    ),
    check(
      site,
      { id: 'log-locked', expects: 'the account’s administrator cannot delete from the log', where: 'aws' },
      async () => {
        const s3 = new S3Client(settings)
        const Bucket = local.aws.logBucket
        const { Versions: [first] = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }))
        if (!first?.Key) return { held: false, found: 'the log is empty' }
        return refusedBy(s3.send(new DeleteObjectCommand({ Bucket, Key: first.Key, VersionId: first.VersionId })))
      },
    ),
    check(
      site,
      { id: 'target-trust', expects: 'the account’s administrator cannot take the target role', where: 'aws' },
      () =>
        refusedBy(
          new STSClient(settings).send(
            new AssumeRoleCommand({
              RoleArn: local.aws.targetRoleArn,
              RoleSessionName: 'req_00000000000000000000000000',
            }),
          ),
        ),
    ),
    check(
      site,
      {
        id: 'text-beyond-latin-1',
        expects: 'STS takes the session policy of a request with 中文 in it',
        where: 'anywhere',
      },
      async () => {
        const { id } = await liveSession(world, await world.agent('agent:remediator'), 'Größe 中文')
        return { held: true, found: `${id}: its credentials worked` }
      },
    ),
  ]
}
