import type { ChangeSummary } from '../../../domain/policy/change-summary.ts'
import {
  type ChangeAction,
  type ChangeRow,
  type ChangeTree,
  changeActions,
  largestTree,
  mostChanges,
} from '../../../domain/record/change-tree.ts'
import { changesOf, type ReadSet, type ResourceChange, resourcesIn } from './read-set.ts'

/** Types of resources that hold data, which a removal or replacement loses. A nested stack may have any of them. */
export const stateful: ReadonlySet<string> = new Set(
  [
    'AmazonMQ::Broker Backup::BackupVault Cassandra::Keyspace Cassandra::Table CloudFormation::Stack',
    'CloudTrail::EventDataStore CodeArtifact::Repository CodeCommit::Repository Cognito::IdentityPool',
    'Cognito::UserPool DAX::Cluster DMS::ReplicationInstance DocDB::DBCluster DocDB::DBInstance DocDBElastic::Cluster',
    'DSQL::Cluster DynamoDB::GlobalTable DynamoDB::Table EC2::Instance EC2::Volume ECR::PublicRepository',
    'ECR::Repository EFS::FileSystem ElastiCache::CacheCluster ElastiCache::ReplicationGroup',
    'ElastiCache::ServerlessCache Elasticsearch::Domain EMR::Cluster Events::Archive EventSchemas::Registry',
    'FSx::FileSystem FSx::Volume Glue::Database Glue::Table HealthImaging::Datastore HealthLake::FHIRDatastore',
    'Kinesis::Stream KinesisFirehose::DeliveryStream KMS::Key KMS::ReplicaKey Lex::Bot Lightsail::Bucket',
    'Lightsail::Database Lightsail::Disk Logs::LogGroup MemoryDB::Cluster MSK::Cluster MSK::ServerlessCluster',
    'Neptune::DBCluster Neptune::DBInstance NeptuneGraph::Graph Omics::ReferenceStore Omics::SequenceStore',
    'OpenSearchServerless::Collection OpenSearchService::Domain Organizations::Account QLDB::Ledger RDS::DBCluster',
    'RDS::DBInstance RDS::GlobalCluster Redshift::Cluster RedshiftServerless::Namespace Route53::HostedZone',
    'S3::Bucket S3Express::DirectoryBucket S3Tables::Table S3Tables::TableBucket S3Vectors::Index',
    'S3Vectors::VectorBucket SDB::Domain SecretsManager::Secret SQS::Queue SSM::Parameter Timestream::Database',
    'Timestream::InfluxDBCluster Timestream::InfluxDBInstance Timestream::Table WorkSpaces::Workspace',
  ]
    .flatMap((line) => line.split(' '))
    .map((name) => `AWS::${name}`),
)
export const holdsData = (type: string): boolean => stateful.has(type)

/** An unknown action counts as a removal, and one that AWS does not know yet as a replacement. */
function actionOf({ Action, Replacement }: ResourceChange): ChangeAction {
  if (Action === 'Add') return 'add'
  if (Action === 'Import') return 'import'
  if (Action === 'SyncWithActual') return 'change'
  if (Action === 'Modify') return (Replacement ?? 'False') === 'False' ? 'change' : 'replace'
  return Action === 'Dynamic' ? 'replace' : 'remove'
}

/** CloudFormation gives a PolicyAction for a removal or a replacement. */
function leavesOf({ PolicyAction = '' }: ResourceChange): Pick<ChangeRow, 'leaves'> {
  if (/Retain$/.test(PolicyAction)) return { leaves: 'resource' }
  return /Snapshot$/.test(PolicyAction) ? { leaves: 'snapshot' } : {}
}

const mostNames = 5
/** The changed properties by name, and attributes such as tags. */
function scopeOf({ Details = [], Scope = [] }: ResourceChange): readonly string[] {
  const named = Details.flatMap(({ Target }) => Target?.Name ?? [])
  const names = [...new Set([...named, ...Scope.filter((each) => each !== 'Properties' || named.length === 0)])].sort()
  return names.length <= mostNames ? names : [...names.slice(0, mostNames), `${names.length - mostNames} more`]
}

function rowOf(change: ResourceChange, depth: number): ChangeRow {
  const scope = scopeOf(change)
  return {
    action: actionOf(change),
    type: change.ResourceType,
    id: change.LogicalResourceId,
    ...(depth > 0 && { depth }),
    ...(holdsData(change.ResourceType) && { data: true }),
    ...((change.Action === 'Dynamic' || change.Replacement === 'Conditional') && { maybe: true }),
    ...leavesOf(change),
    ...(change.Action === 'Modify' && scope.length > 0 && { scope: [...scope] }),
  }
}

/** Resources of the template that do not change. */
function keptBy(set: ReadSet, depth: number): readonly ChangeRow[] {
  const changed = new Set(changesOf(set).map(({ LogicalResourceId }) => LogicalResourceId))
  return Object.entries(resourcesIn(set.template) ?? {})
    .filter(([id]) => !changed.has(id))
    .map(([id, { Type }]) => ({ action: 'keep' as const, type: String(Type), id, ...(depth > 0 && { depth }) }))
}

type Branch = { row: ChangeRow; under: readonly Branch[] }

const rank = ({ action, data }: ChangeRow): number => changeActions.indexOf(action) * 2 + (data ? 0 : 1)
/** A nested stack stands where its worst change does. */
const worstOf = ({ row, under }: Branch): number => Math.min(rank(row), ...under.map(worstOf))
const compare = (one: Branch, other: Branch): number =>
  worstOf(one) - worstOf(other) || compareTexts(one.row.type, other.row.type) || compareTexts(one.row.id, other.row.id)
const compareTexts = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

function branchesOf(set: ReadSet, depth: number): readonly Branch[] {
  const changed = changesOf(set).map((change): Branch => {
    const nested = set.nested.get(change.ChangeSetId ?? '')
    return { row: rowOf(change, depth), under: nested ? branchesOf(nested, depth + 1) : [] }
  })
  return [...changed, ...keptBy(set, depth).map((row) => ({ row, under: [] }))].sort(compare)
}

const flat = (branches: readonly Branch[]): readonly ChangeRow[] =>
  branches.flatMap(({ row, under }) => [row, ...flat(under)])

/** All rows in order: removals and replacements first, and of these what holds data. */
export const rowsOf = (set: ReadSet): readonly ChangeRow[] => flat(branchesOf(set, 0))

/** The tree that a record keeps. Resources that stay are left out first, then the last changes. */
export function boundedTree(rows: readonly ChangeRow[]): ChangeTree {
  const changes = rows.filter(({ action }) => action !== 'keep')
  const kept = new Set(changes.slice(0, mostChanges))
  let size = sizeOf([...kept])
  for (const row of [...kept].reverse()) {
    if (size <= largestTree) break
    kept.delete(row)
    size -= sizeOf(row) + 1
  }
  for (const row of rows) {
    if (row.action !== 'keep' || kept.size < Math.min(changes.length, mostChanges)) continue
    size += sizeOf(row) + 1
    if (size > largestTree) break
    kept.add(row)
  }
  const more = rows.length - kept.size
  return { rows: rows.filter((row) => kept.has(row)), ...(more > 0 && { more }) }
}

const utf8 = new TextEncoder()
const sizeOf = (value: unknown): number => utf8.encode(JSON.stringify(value)).length

export function summaryOf(rows: readonly ChangeRow[], unpinned: number): ChangeSummary {
  const changes = rows.filter(({ action }) => action !== 'keep')
  const count = (...of: ChangeAction[]) => changes.filter(({ action }) => of.includes(action)).length
  return {
    added: count('add', 'import'),
    changed: count('change'),
    replaced: count('replace'),
    removed: count('remove'),
    stateful_removed: changes.filter(
      ({ action, data, leaves }) => data && leaves !== 'resource' && (action === 'remove' || action === 'replace'),
    ).length,
    unpinned,
    types: [...new Set(changes.map(({ type }) => type))].sort(),
  }
}
