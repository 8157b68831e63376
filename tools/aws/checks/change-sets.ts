import { setTimeout as delay } from 'node:timers/promises'
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { clientSettings } from '../../../local/emulator.ts'
import { changesOf, toolkitOf } from '../made.ts'
import { type Check, check, type Found, refusedBy, type Site } from './check.ts'

/** Checks of what the role and the rights of a change set rest on, about one change set that names a role. */
export function checksOfChangeSets(site: Site): readonly Check[] {
  let asked: ReturnType<typeof answersOf> | undefined
  const answers = () => {
    asked ??= answersOf(site)
    return asked
  }
  return [
    check(
      site,
      {
        id: 'change-set-role',
        expects: 'the stack tells the role that CreateChangeSet named, at the latest while it is executed',
        where: 'aws',
      },
      async () => (await answers()).role,
    ),
    check(
      site,
      {
        id: 'change-set-name',
        expects: 'IAM lets a session execute a change set by the name or the ARN in cloudformation:ChangeSetName',
        where: 'aws',
      },
      async () => (await answers()).name,
    ),
  ]
}

const handle = { Type: 'AWS::CloudFormation::WaitConditionHandle' }
/** A stack that has no role, with the role of the sessions that ask. */
const templateOf = (more: object) =>
  JSON.stringify({
    Resources: {
      Asker: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: [{ Effect: 'Allow', Principal: { AWS: { Ref: 'AWS::AccountId' } }, Action: 'sts:AssumeRole' }],
          },
          Policies: [
            {
              PolicyName: 'ask',
              PolicyDocument: {
                Statement: [
                  {
                    Effect: 'Allow',
                    Action: ['cloudformation:DescribeChangeSet', 'cloudformation:ExecuteChangeSet', 'iam:PassRole'],
                    Resource: '*',
                  },
                ],
              },
            },
          ],
        },
      },
      ...more,
    },
    Outputs: { Asker: { Value: { 'Fn::GetAtt': ['Asker', 'Arn'] } } },
  })

async function answersOf({ aws, world }: Site): Promise<{ role: Found; name: Found }> {
  const settings = clientSettings(aws)
  const [client, sts] = [new CloudFormationClient(settings), new STSClient(settings)]
  const { stackName } = world.local.aws
  const [StackName, ChangeSetName] = [changesOf(stackName), 'verify']
  const waiting = { client, maxWaitTime: 300, minDelay: 2, maxDelay: 5 }
  const stackNow = async () => (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]
  const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}))
  const [, partition] = Arn.split(':')
  const RoleARN = `arn:${partition}:iam::${Account}:role/cdk-${toolkitOf(stackName).qualifier}-cfn-exec-role-${Account}-${aws.region}`
  const Capabilities = ['CAPABILITY_IAM' as const]
  await client.send(new CreateStackCommand({ StackName, Capabilities, TemplateBody: templateOf({}) }))
  try {
    await waitUntilStackCreateComplete(waiting, { StackName })
    const TemplateBody = templateOf({ Handle: handle })
    const named = { StackName, ChangeSetName, Capabilities, TemplateBody, RoleARN }
    const { Id = '' } = await client.send(new CreateChangeSetCommand(named))
    await waitUntilChangeSetCreateComplete(waiting, { StackName, ChangeSetName: Id })
    const made = await stackNow()
    const RoleArn = made?.Outputs?.[0]?.OutputValue ?? ''
    // IAM has a new role everywhere after some seconds.
    await delay(15_000)
    /** A session that may touch change sets under these names alone. */
    const sessionFor = async (names: readonly string[]) => {
      const Statement = [
        {
          Effect: 'Allow',
          Action: ['cloudformation:DescribeChangeSet', 'cloudformation:ExecuteChangeSet'],
          Resource: '*',
          Condition: { StringEquals: { 'cloudformation:ChangeSetName': names } },
        },
        { Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' },
      ]
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'verify', Policy }))
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
      const credentials = {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
      }
      return new CloudFormationClient({ ...settings, credentials })
    }
    const forms: string[] = []
    for (const form of [ChangeSetName, Id])
      await (await sessionFor([form])).send(new DescribeChangeSetCommand({ ChangeSetName: Id })).then(
        () => forms.push(form === Id ? 'the ARN' : 'the name'),
        () => undefined,
      )
    const execution = { ChangeSetName: Id, StackName: made?.StackId }
    const other = await refusedBy((await sessionFor(['other'])).send(new ExecuteChangeSetCommand(execution)))
    await (await sessionFor([ChangeSetName, Id])).send(new ExecuteChangeSetCommand(execution))
    const during = await stackNow()
    await waitUntilStackUpdateComplete(waiting, { StackName })
    const ended = await stackNow()
    const told = [made, during, ended].map((stack) => stack?.RoleARN === RoleARN)
    const since = ['before its execution', 'while it is executed', 'after its end'][told.indexOf(true)] ?? 'never'
    return {
      role: { held: told[1] === true, found: `it tells it ${since}` },
      name: {
        held: other.held && forms.length > 0,
        found: `it compares ${forms.join(' and ') || 'neither'}; under another name: ${other.found}`,
      },
    }
  } finally {
    await client.send(new DeleteStackCommand({ StackName, RoleARN }))
    await waitUntilStackDeleteComplete(waiting, { StackName })
  }
}
