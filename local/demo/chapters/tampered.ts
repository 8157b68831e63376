import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { clientSettings } from '../../emulator.ts'
import { askFor } from '../asking.ts'
import { finding, until } from '../findings.ts'
import type { World } from '../world.ts'

type Found = { found: number; differences: { entry: string; why: string }[] }

/** With the administrator's keys: what the log outside the tables is for. */
export async function tellTampered(world: World): Promise<void> {
  const { report, local, example } = world
  const { reconcileFunction, ledgerTable: TableName } = local.aws
  const [dynamo, lambda] = [new DynamoDBClient(clientSettings(local.aws)), new LambdaClient(clientSettings(local.aws))]
  const reconcile = async (): Promise<Found> => {
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: reconcileFunction }))
    return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'))
  }
  const names = ({ differences }: Found) => differences.map(({ entry, why }) => `${why} ${entry}`).join(', ')
  const agent = await world.agent('agent:remediator')
  const ask = { ...example('staging-payment-timeout'), subject: { type: 'agent', id: 'agent:remediator' } as const }
  const { id } = (await askFor(agent, ask)).task
  const Key = { aggregate: { S: id }, sequence: { N: '1' } }
  const entry = `${id}/1`
  try {
    const { Item: before } = await dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
    const row = before ?? {}
    await report.expect('the entry of a request is in the log, outside the tables, within moments', async () => {
      const token = await world.reader.token()
      const look = async () => (await bundleNow(local.apiUrl, token)).includes(`"${entry}"`) || undefined
      return finding(await until(look, { withinSeconds: 30, what: `${entry} in the log` }), entry)
    })
    await report.expect('the tables are as the log says', async () => {
      const found = await reconcile()
      return finding(found.found === 0, names(found) || 'nothing differs')
    })
    const told = async (why: string) => {
      const found = await reconcile()
      return finding(
        found.differences.some((each) => each.entry === entry && each.why === why),
        names(found),
      )
    }
    await report.expect('an administrator changes a word in the table: the entry is named', async () => {
      const forged = { S: (row['entry']?.S ?? '').replace('"Submitted"', '"Approved"') }
      await dynamo.send(new PutItemCommand({ TableName, Item: { ...row, entry: forged } }))
      return told('altered')
    })
    await report.expect('they delete it: it is named again', async () => {
      await dynamo.send(new DeleteItemCommand({ TableName, Key }))
      return told('missing')
    })
    await report.expect('they put it back to the byte, and nothing differs', async () => {
      await dynamo.send(new PutItemCommand({ TableName, Item: row }))
      const found = await reconcile()
      return finding(found.found === 0, names(found) || 'nothing differs')
    })
  } finally {
    dynamo.destroy()
    lambda.destroy()
  }
}

/** The last bundle of the log, as any reader gets it. */
async function bundleNow(apiUrl: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const note = await (await fetch(`${apiUrl}/transparency/checkpoint`, { headers })).text()
  const size = Number(note.split('\n')[1])
  if (!Number.isSafeInteger(size) || size < 1) return ''
  const [index, width] = [Math.floor((size - 1) / 256), ((size - 1) % 256) + 1]
  const path = `tile/entries/${String(index).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`
  return (await fetch(`${apiUrl}/transparency/${path}`, { headers })).text()
}
