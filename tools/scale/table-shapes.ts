import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import {
  CardTable,
  LedgerTable,
  LogIndexTable,
  RequestTable,
  TextTable,
  WaitTable,
} from '../../infra/constructs/tables.ts'

/** The attribute of the partition key, and of the sort key if there is one. */
type Key = readonly string[]
/** `beside`: the attributes of an index beside its key and the table's. */
export type TableShape = {
  key: Key
  indexes: { readonly [index: string]: { key: Key; beside: readonly string[] } }
}

type Schema = { AttributeName: string; KeyType: string }[]
type Table = {
  Properties: {
    KeySchema: Schema
    GlobalSecondaryIndexes?: { IndexName: string; KeySchema: Schema; Projection: { NonKeyAttributes?: string[] } }[]
  }
}

/** The tables as they are deployed, so that a new index is counted without a change here. */
export function tableShapes(): { readonly [table: string]: TableShape } {
  const tables = {
    requests: RequestTable,
    ledger: LedgerTable,
    texts: TextTable,
    waits: WaitTable,
    cards: CardTable,
    places: LogIndexTable,
  }
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-scale-'))
  using ending = new DisposableStack()
  ending.defer(() => rmSync(folder, { recursive: true, force: true }))
  return Object.fromEntries(
    Object.entries(tables).map(([name, Made]) => {
      const stack = new Stack(new App({ outdir: join(folder, name) }), 'Tables')
      new Made(stack, name, { deletionProtection: false })
      const [found] = Object.values(Template.fromStack(stack).findResources('AWS::DynamoDB::GlobalTable')) as Table[]
      if (!found) throw new Error(`no table \`${name}\``)
      const { KeySchema, GlobalSecondaryIndexes = [] } = found.Properties
      const indexes = GlobalSecondaryIndexes.map(
        (index) =>
          [index.IndexName, { key: keyOf(index.KeySchema), beside: index.Projection.NonKeyAttributes ?? [] }] as const,
      )
      return [name, { key: keyOf(KeySchema), indexes: Object.fromEntries(indexes) }]
    }),
  )
}

const keyOf = (schema: Schema): Key => schema.map(({ AttributeName }) => AttributeName)
