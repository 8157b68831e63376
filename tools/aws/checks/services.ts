import { setTimeout as delay } from 'node:timers/promises'
import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail'
import {
  CloudWatchLogsClient,
  DescribeMetricFiltersCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs'
import { GetScheduleCommand, paginateListSchedules, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, DeleteQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { GetWebIdentityTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { liveSession } from '../../../local/demo/chapters/credentials.ts'
import { until } from '../../../local/demo/findings.ts'
import { spread } from '../../../local/demo/report.ts'
import { clientSettings } from '../../../local/emulator.ts'
import { fairQueueOf } from '../made.ts'
import { type Check, check, type Found, NotAsked, type Site } from './check.ts'
import { functionOf } from './probe.ts'

/** Checks of AWS's own behaviour, after the story. */
export function checksOfServices(site: Site): readonly Check[] {
  const settings = clientSettings(site.aws)
  return [
    check(
      site,
      {
        id: 'scheduler-entries-go',
        expects: 'Scheduler deletes the entry of an end that it has announced',
        where: 'anywhere',
      },
      () => entriesOfThePast(site),
    ),
    check(
      site,
      { id: 'fair-queues', expects: 'a standard queue takes a message group', where: 'anywhere' },
      async () => {
        const sqs = new SQSClient(settings)
        const QueueName = fairQueueOf(site.world.local.aws.stackName)
        const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }))
        // AWS has a new queue everywhere after a second.
        await delay(site.isAws ? 2000 : 0)
        const message = { QueueUrl, MessageBody: '{}', MessageGroupId: 'a' }
        const { MessageId } = await sqs
          .send(new SendMessageCommand(message))
          .finally(() => sqs.send(new DeleteQueueCommand({ QueueUrl })))
        return { held: MessageId !== undefined, found: 'it was taken' }
      },
    ),
    check(
      site,
      {
        id: 'web-identity',
        expects: 'STS tells who a role is by a token of ES384, for one audience',
        where: 'aws',
      },
      async () => {
        const ask = { Audience: [site.world.local.issuer], SigningAlgorithm: 'ES384', DurationSeconds: 300 }
        const sts = new STSClient(settings)
        const { WebIdentityToken = '' } = await sts.send(new GetWebIdentityTokenCommand(ask)).catch((fault: Error) => {
          throw new NotAsked(`${fault.name}: ${fault.message}`)
        })
        const { alg } = decodeProtectedHeader(WebIdentityToken)
        const { iss, aud, sub } = decodeJwt(WebIdentityToken)
        return {
          held: alg === 'ES384' && [aud].flat().includes(site.world.local.issuer),
          found: `${alg}; ${iss}; ${sub}`,
        }
      },
    ),
    check(site, { id: 'cold-starts', expects: 'INIT of each Lambda under 400 ms', where: 'aws' }, () =>
      coldStarts(site),
    ),
    check(
      site,
      { id: 'failures-counted', expects: 'the one filter of failures reads Lambda’s own reports', where: 'aws' },
      () => countedFailures(site),
    ),
    check(
      site,
      { id: 'sessions-cut', expects: 'GetScopedCredentials cuts each session to the second', where: 'aws' },
      async () => {
        await liveSession(site.world, await site.world.agent('agent:remediator'), '2200')
        // Lines reach the log after some seconds.
        await delay(15_000)
        const lines = await logLines(site, '"session_not_cut"')
        return { held: lines.length === 0, found: lines[0] ?? 'no session was left whole' }
      },
    ),
    check(
      site,
      {
        id: 'merge-delay',
        expects: 'half of all entries are in the log within three seconds, with the stream’s window of one',
        where: 'aws',
      },
      async () => {
        const delays = (await logLines(site, '"anchored"')).flatMap((line) => {
          const { delaySeconds } = JSON.parse(line) as { delaySeconds?: number }
          return delaySeconds === undefined ? [] : [delaySeconds * 1000]
        })
        const [median, least, most] = spread(delays)
        return {
          held: delays.length > 0 && Number.parseInt(median, 10) <= 3000,
          found: `${median}, ${least} to ${most}`,
        }
      },
    ),
    check(
      site,
      {
        id: 'cloudtrail',
        expects: 'CloudTrail names the session, its source identity and its tags, within twenty minutes',
        where: 'aws',
      },
      () => onRecord(site),
    ),
  ]
}

/** Schedules that outlived their time. */
async function entriesOfThePast({ aws, world }: Site): Promise<Found> {
  const client = new SchedulerClient(clientSettings(aws))
  let [entries, late] = [0, 0]
  for await (const { Schedules = [] } of paginateListSchedules({ client }, {}))
    for (const { Name, GroupName = '' } of Schedules) {
      if (!GroupName.startsWith(world.local.aws.stackName)) continue
      entries += 1
      // A schedule may be deleted between the list and this call.
      const { ScheduleExpression } = await client.send(new GetScheduleCommand({ Name, GroupName })).catch(ifGone)
      const at = Date.parse(`${ScheduleExpression?.replace(/^at\(|\)$/g, '')}Z`)
      if (at < Date.now() - 120_000) late += 1
    }
  return { held: late === 0, found: `${entries} entries are left, ${late} of them over two minutes after their time` }
}

function ifGone(fault: Error): { ScheduleExpression?: string } {
  if (fault.name !== 'ResourceNotFoundException') throw fault
  return {}
}

/** The log group of all functions of the deployment. */
async function groupOf(site: Site): Promise<{ client: CloudWatchLogsClient; logGroupName: string }> {
  const { LoggingConfig } = await functionOf(site, 'issue-token')
  if (LoggingConfig?.LogGroup === undefined) throw new Error('Lambda does not say which log a function writes to')
  return { client: new CloudWatchLogsClient(clientSettings(site.aws)), logGroupName: LoggingConfig.LogGroup }
}

async function logLines(site: Site, filterPattern: string): Promise<string[]> {
  const { client, logGroupName } = await groupOf(site)
  const found: string[] = []
  for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, filterPattern }))
    found.push(...events.flatMap(({ message }) => message ?? []))
  return found
}

type LambdaReport = { record?: { status?: string; functionName?: string; metrics?: { initDurationMs?: number } } }

async function coldStarts(site: Site): Promise<Found> {
  const lines = await logLines(site, '{ $.type = "platform.report" && $.record.metrics.initDurationMs > 0 }')
  const starts = lines.map((line) => (JSON.parse(line) as LambdaReport).record?.metrics?.initDurationMs ?? 0)
  const [median, least, most] = spread(starts)
  return {
    held: starts.length > 0 && Math.max(...starts) < 400,
    found: `${starts.length} of them: ${median}, ${least} to ${most}`,
  }
}

/** The filter counts lines of failures alone. */
async function countedFailures(site: Site): Promise<Found> {
  const { client, logGroupName } = await groupOf(site)
  const { metricFilters = [] } = await client.send(new DescribeMetricFiltersCommand({ logGroupName }))
  const pattern = metricFilters.find(({ filterPattern = '' }) =>
    filterPattern.includes('platform.report'),
  )?.filterPattern
  if (pattern === undefined) return { held: false, found: 'no filter reads platform.report' }
  const all = (await logLines(site, '{ $.type = "platform.report" }')).map((line) => JSON.parse(line) as LambdaReport)
  const failed = all.filter(({ record }) => record?.status !== 'success').length
  const counted = (await logLines(site, pattern)).length
  return {
    held: all.length > 0 && counted === failed,
    found: `${all.length} reports, ${failed} of failures, ${counted} counted`,
  }
}

async function onRecord({ aws, world }: Site): Promise<Found> {
  const client = new CloudTrailClient(clientSettings(aws))
  const began = Date.now()
  const { id } = await liveSession(world, await world.agent('agent:remediator'), '2300')
  const asked = {
    LookupAttributes: [{ AttributeKey: 'EventName' as const, AttributeValue: 'AssumeRole' }],
    StartTime: new Date(began - 60_000),
  }
  const look = async () => {
    // Each start of a Lambda assumes a role too, so there are several pages.
    for await (const { Events = [] } of paginateLookupEvents({ client }, asked))
      for (const { CloudTrailEvent = '{}' } of Events) {
        const event = JSON.parse(CloudTrailEvent)
        if (event.requestParameters?.roleSessionName === id) return event
      }
  }
  // CloudTrail answers two such calls a second.
  const event = await until(look, { withinSeconds: 1200, everyMilliseconds: 15_000, what: 'CloudTrail tells of it' })
  const { sourceIdentity, tags, transitiveTagKeys } = event.requestParameters
  const packed = event.responseElements?.packedPolicySize
  const told = `source identity ${sourceIdentity}, tags ${tags?.map(({ key }: { key: string }) => key)}, of which ${transitiveTagKeys ?? 'none'} go on`
  // A session that is denied afterwards has no session policy.
  const room = packed === undefined ? 'made without a policy' : `the policy takes ${packed} % of the room`
  const found = `after ${Math.round((Date.now() - began) / 1000)} s; ${told}; ${room}`
  return { held: sourceIdentity !== undefined && tags?.length > 0, found }
}
