import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { ChangeSummary } from '../../../../functions/domain/policy/change-summary.ts'
import type { ChangeRow } from '../../../../functions/domain/record/change-tree.ts'
import { ChangeTree, largestTree, mostChanges } from '../../../../functions/domain/record/change-tree.ts'
import { boundedTree, rowsOf, stateful, summaryOf } from '../../../../functions/targets/aws/change-sets/change-tree.ts'
import { changeOf, modified, readSetOf, setId } from '../../../support/change-sets/described.ts'

const shown = (rows: readonly ChangeRow[]) =>
  rows.map(({ action, id, depth = 0, data, maybe, leaves }) =>
    [`${'  '.repeat(depth)}${action} ${id}`, data && 'data', maybe && 'maybe', leaves].filter(Boolean).join(' '),
  )

const set = readSetOf(
  [
    changeOf('Add', 'AWS::SNS::Topic', 'Alarms'),
    modified('AWS::Lambda::Function', 'Api'),
    modified('AWS::EC2::Instance', 'Bastion', { Replacement: 'Conditional' }),
    modified('AWS::IAM::Role', 'Role', { Replacement: 'True', PolicyAction: 'ReplaceAndDelete' }),
    changeOf('Remove', 'AWS::SNS::Topic', 'Old', { PolicyAction: 'Delete' }),
    changeOf('Remove', 'AWS::DynamoDB::Table', 'Orders', { PolicyAction: 'Delete' }),
    changeOf('Remove', 'AWS::S3::Bucket', 'Archive', { PolicyAction: 'Retain' }),
    changeOf('Import', 'AWS::Logs::LogGroup', 'Logs'),
  ],
  { Resources: { Api: { Type: 'AWS::Lambda::Function' }, Queue: { Type: 'AWS::SQS::Queue' } } },
)

test('removals and replacements come first, and of these what holds data', () => {
  expect(shown(rowsOf(set))).toEqual([
    'remove Orders data',
    'remove Archive data resource',
    'remove Old',
    'replace Bastion data maybe',
    'replace Role',
    'change Api',
    'import Logs data',
    'add Alarms',
    'keep Queue',
  ])
})

test('the summary counts lost data, and counts a conditional replacement as one', () => {
  expect(ChangeSummary.parse(summaryOf(rowsOf(set), 3))).toEqual({
    ...{ added: 2, changed: 1, replaced: 2, removed: 3, stateful_removed: 2, unpinned: 3 },
    types: [
      ...[
        'AWS::DynamoDB::Table',
        'AWS::EC2::Instance',
        'AWS::IAM::Role',
        'AWS::Lambda::Function',
        'AWS::Logs::LogGroup',
      ],
      ...['AWS::S3::Bucket', 'AWS::SNS::Topic'],
    ],
  })
})

test('a snapshot is not the data itself: its removal counts', () => {
  const rows = rowsOf(readSetOf([changeOf('Remove', 'AWS::RDS::DBInstance', 'Db', { PolicyAction: 'Snapshot' })]))
  expect([rows[0]?.leaves, summaryOf(rows, 0).stateful_removed]).toEqual(['snapshot', 1])
})

test('each type that holds data is one of CloudFormation', () => {
  const unknown = [...stateful].filter((type) => {
    const lib = `node_modules/aws-cdk-lib/aws-${type.split('::')[1]?.toLowerCase()}/lib`
    const files = readdirSync(lib).filter((name) => name.endsWith('.generated.d.ts'))
    return !files.some((name) => readFileSync(`${lib}/${name}`, 'utf8').includes(`@cloudformationResource ${type}\n`))
  })
  expect([unknown, stateful.has('AWS::Cassandra::Table')]).toEqual([[], true])
})

test.each([
  ['Dynamic', 'replace'],
  ['Shred', 'remove'],
])('an action %s, which says nothing sure, counts as %s', (action, as) =>
  expect(rowsOf(readSetOf([changeOf(action, 'AWS::S3::Bucket', 'B')]))[0]?.action).toBe(as),
)

test('a nested stack stands where its worst change does, above its resources', () => {
  const child = readSetOf(
    [changeOf('Add', 'AWS::SNS::Topic', 'T'), changeOf('Remove', 'AWS::SQS::Queue', 'Q')],
    {},
    { StackName: 'Checkout-Data', ChangeSetId: setId('nested') },
  )
  const nest = (id: string, set: string) => modified('AWS::CloudFormation::Stack', id, { ChangeSetId: set })
  const parent = readSetOf(
    [changeOf('Remove', 'AWS::SNS::Topic', 'Old'), nest('Data', setId('nested')), nest('Other', setId('unread'))],
    {},
    { nested: { [setId('nested')]: child } },
  )
  expect(shown(rowsOf(parent))).toEqual([
    'change Data data',
    '  remove Q data',
    '  add T',
    'remove Old',
    'change Other data',
  ])
})

test('a change names its properties, the first five of them', () => {
  const target = (Name: string) => ({ Target: { Attribute: 'Properties', Name } })
  const [row] = rowsOf(
    readSetOf([
      modified('AWS::Lambda::Function', 'Api', {
        Scope: ['Properties', 'Tags'],
        Details: ['Timeout', 'Timeout', 'Code', 'Role', 'Layers', 'Handler', 'Runtime'].map(target),
      }),
    ]),
  )
  expect(row?.scope).toEqual(['Code', 'Handler', 'Layers', 'Role', 'Runtime', '2 more'])
})

const type = fc.constantFrom('AWS::S3::Bucket', 'AWS::SNS::Topic', 'AWS::Lambda::Function')
const change = fc.tuple(
  fc.constantFrom('Add', 'Modify', 'Remove', 'Import', 'Dynamic'),
  type,
  fc.constantFrom('True', 'False', 'Conditional'),
)
const changes = fc
  .array(change, { maxLength: 40 })
  .map((all) => all.map(([action, of, Replacement], at) => changeOf(action, of, `R${at}`, { Replacement })))

test('no order of AWS changes the rows or the summary, and each change is in it once', () => {
  fc.assert(
    fc.property(changes, fc.nat(), (all, turn) => {
      const at = all.length === 0 ? 0 : turn % all.length
      const [rows, turned] = [all, [...all.slice(at), ...all.slice(0, at)]].map((each) => rowsOf(readSetOf(each)))
      expect(turned).toEqual(rows)
      const { added, changed, replaced, removed } = summaryOf(rows ?? [], 0)
      expect(added + changed + replaced + removed).toBe(all.length)
      expect(boundedTree(rows ?? [])).toEqual({ rows })
    }),
  )
})

test('500 changes are kept, of the longest names too, and resources that stay fill the rest', () => {
  const names = Array.from(
    { length: mostChanges },
    (_, at) => `CheckoutServiceFunctionServiceRole${String(at).padStart(8, '0')}`,
  )
  const kept = Object.fromEntries(names.map((id) => [`Kept${id}`, { Type: 'AWS::IAM::Role' }]))
  const rows = rowsOf(
    readSetOf(
      names.map((id) => modified('AWS::Lambda::Function', id)),
      { Resources: kept },
    ),
  )
  const tree = ChangeTree.parse(boundedTree(rows))
  const changed = tree.rows.filter(({ action }) => action === 'change')
  expect([changed.length, tree.rows.length + (tree.more ?? 0)]).toEqual([500, 1000])
  expect(JSON.stringify(tree.rows).length).toBeLessThanOrEqual(largestTree)
})

test('a tree that is too long loses resources that stay, then its last changes, and says how many', () => {
  const long = (at: number) => `R${at}${'x'.repeat(240)}`
  const all = Array.from({ length: mostChanges + 100 }, (_, at) =>
    changeOf(at === 599 ? 'Remove' : 'Add', 'AWS::SNS::Topic', long(at)),
  )
  const { rows, more } = boundedTree(rowsOf(readSetOf(all, { Resources: { Kept: { Type: 'AWS::SQS::Queue' } } })))
  expect([rows[0]?.action, rows.length + (more ?? 0)]).toEqual(['remove', 601])
  expect(rows.some(({ action }) => action === 'keep')).toBe(false)
})
