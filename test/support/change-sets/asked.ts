import type { ChangeRow } from '../../../functions/domain/record/change-tree.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { boundedTree, summaryOf } from '../../../functions/targets/aws/change-sets/change-tree.ts'
import { previewOf } from '../../channels/slack/cards/states.ts'

import { prodParameter, type World } from '../world.ts'

/** A removal that loses data, a nested stack with a replacement and an addition, and two resources that stay. */
export const someRows: readonly ChangeRow[] = [
  { action: 'remove', type: 'AWS::DynamoDB::Table', id: 'Orders', data: true },
  { action: 'change', type: 'AWS::CloudFormation::Stack', id: 'Network', data: true },
  {
    action: 'replace',
    type: 'AWS::EC2::Instance',
    id: 'Bastion',
    depth: 1,
    data: true,
    maybe: true,
    scope: ['KeyName'],
  },
  { action: 'add', type: 'AWS::SNS::Topic', id: 'Alarms', depth: 1 },
  { action: 'remove', type: 'AWS::S3::Bucket', id: 'Archive', data: true, leaves: 'resource' },
  { action: 'change', type: 'AWS::Lambda::Function', id: 'Api', scope: ['Code', 'Timeout'] },
  { action: 'keep', type: 'AWS::SQS::Queue', id: 'Jobs' },
  { action: 'keep', type: 'AWS::IAM::Role', id: 'ApiRole' },
]

/** The request with the reading of a change set. */
export function asChangeSet(state: ApprovalRequest, rows: readonly ChangeRow[] = someRows): ApprovalRequest {
  const { preview } = state
  if (preview?.outcome !== 'matched') throw new TypeError('it was not read')
  return { ...state, preview: { ...preview, run: { change: summaryOf(rows, 2), tree: boundedTree(rows) } } }
}

/** A request that waits, with the reading of a change set. */
export async function askedChangeSet(world: World, rows?: readonly ChangeRow[]): Promise<RequestId> {
  const { ask } = await world.submitted(prodParameter)
  const stored = await world.requests.load(ask.id)
  if (!stored) throw new TypeError('it is stored')
  const state = { ...stored.state, preview: previewOf(stored.state) } as ApprovalRequest
  world.requests.forge({ ...stored, state: asChangeSet(state, rows) })
  return ask.id
}
