import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type AutomationExecutionFilter,
  CreateDocumentCommand,
  DeleteDocumentCommand,
  DescribeAutomationExecutionsCommand,
  SSMClient,
  StartAutomationExecutionCommand,
  StopAutomationExecutionCommand,
} from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { clientSettings } from '../../../local/emulator.ts'
import { waitingDocumentOf } from '../made.ts'
import { type Check, check, type Found, type Site } from './check.ts'

/** Checks of what the look-up of a lost run rests on. The programs of the tests play it as AWS documents it. */
export function checksOfRuns(site: Site): readonly Check[] {
  const settings = clientSettings(site.aws)
  return [
    check(
      site,
      {
        id: 'automation-token',
        expects: 'Automation starts one execution for one ClientToken, and names the session that started it',
        where: 'aws',
      },
      () =>
        onceByToken(
          new SSMClient(settings),
          new STSClient(settings),
          waitingDocumentOf(site.world.local.aws.stackName),
        ),
    ),
  ]
}

/** A document that waits, and does nothing. */
const content = JSON.stringify({
  schemaVersion: '0.3',
  mainSteps: [{ name: 'wait', action: 'aws:sleep', inputs: { Duration: 'PT1M' } }],
})

async function onceByToken(ssm: SSMClient, sts: STSClient, Name: string): Promise<Found> {
  const document = { Name, DocumentType: 'Automation', DocumentFormat: 'JSON', Content: content } as const
  await ssm.send(new CreateDocumentCommand(document))
  try {
    const asked = { DocumentName: Name, DocumentVersion: '1', ClientToken: randomUUID() }
    const began = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z')
    const first = await ssm.send(new StartAutomationExecutionCommand(asked))
    const second = await ssm.send(new StartAutomationExecutionCommand(asked))
    // The list shows an execution after some seconds.
    await delay(10_000)
    const Filters: AutomationExecutionFilter[] = [
      { Key: 'DocumentNamePrefix', Values: [Name] },
      { Key: 'StartTimeAfter', Values: [began] },
    ]
    const listed = await ssm.send(new DescribeAutomationExecutionsCommand({ Filters }))
    const all = listed.AutomationExecutionMetadataList ?? []
    const AutomationExecutionId = first.AutomationExecutionId ?? ''
    await ssm.send(new StopAutomationExecutionCommand({ AutomationExecutionId, Type: 'Cancel' }))
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    const isOne = second.AutomationExecutionId === AutomationExecutionId && all.length === 1
    return { held: isOne && all[0]?.ExecutedBy === Arn, found: `${all.length} of ${String(all[0]?.ExecutedBy)}` }
  } finally {
    await ssm.send(new DeleteDocumentCommand({ Name }))
  }
}
