import { defined, type Json, type JsonObject } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import { digestOfSet } from '../change-sets/change-digest.ts'
import { boundedTree, rowsOf, summaryOf } from '../change-sets/change-tree.ts'
import { openPartsOf, textsOf } from '../change-sets/open-parts.ts'
import { changesOf, DescribedSet, DescribedStack, type ReadSet } from '../change-sets/read-set.ts'
import { AlreadyStarted, clocksDifferSeconds, type Run, type RunSettings, Unfit } from './run.ts'

type Call = RunSettings['call']
type Named = { StackName: string; StackUuid: string; ChangeSetName: string; ChangeSetUuid: string }

/** The ARNs of the stack and of the change set. */
function arnsOf(args: JsonObject, { account: { partition, region, accountId } }: RunSettings) {
  const { StackName, StackUuid, ChangeSetName, ChangeSetUuid } = args as Named
  const at = `arn:${partition}:cloudformation:${region}:${accountId}`
  return { stack: `${at}:stack/${StackName}/${StackUuid}`, set: `${at}:changeSet/${ChangeSetName}/${ChangeSetUuid}` }
}

/** The change set is always named by its ARN: a name may be given to another one. */
export const changeSet: Run = {
  async start(args, settings, key) {
    const { stack, set } = arnsOf(args, settings)
    const once = { ChangeSetName: set, StackName: stack, ClientRequestToken: key }
    await settings.call('cloudformation:ExecuteChangeSet', once).catch((fault: unknown) => {
      // An earlier attempt executed it, or another caller did: reading tells.
      throw /^InvalidChangeSetStatus/.test(faultName(fault)) ? new AlreadyStarted('it was executed') : fault
    })
    return { run: key, output: {} }
  },

  /** All events of an operation on a stack have its token. */
  async lookUp(args, { key, begunAt }, settings) {
    const { call } = settings
    const { stack, set } = arnsOf(args, settings)
    if ((await describe(set, stack, call)).ExecutionStatus === 'AVAILABLE') return { found: 'not_done' }
    let NextToken: string | undefined
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await call('cloudformation:DescribeStackEvents', {
        StackName: stack,
        ...(NextToken !== undefined && { NextToken }),
      })
      const events = (answer['StackEvents'] ?? []) as readonly StackEvent[]
      if (events.some(({ ClientRequestToken }) => ClientRequestToken === key)) return { found: 'started', run: key }
      NextToken = answer['NextToken'] as string | undefined
      const reached = events.some(({ Timestamp = '' }) => Date.parse(Timestamp) / 1000 < begunAt - clocksDifferSeconds)
      // Another caller executed it, so this call was refused.
      if (reached || NextToken === undefined) return { found: 'not_done' }
    }
    return { found: 'unknown' }
  },

  async describe(args, settings) {
    const { call } = settings
    const arns = arnsOf(args, settings)
    const [set, stacks, { StackPolicyBody }] = await Promise.all([
      readSet(arns.set, arns.stack, call),
      call('cloudformation:DescribeStacks', { StackName: arns.stack }),
      call('cloudformation:GetStackPolicy', { StackName: arns.stack }),
    ])
    const stack = DescribedStack.parse((stacks['Stacks'] as readonly unknown[])[0])
    refuseUnfit(set, stack, arns)
    const [rows, open] = [rowsOf(set), openPartsOf(set)]
    return {
      digest: digestOfSet(set, stack, StackPolicyBody as string | undefined),
      runsAs: stack.RoleARN ?? null,
      concerns: textsOf(set),
      open,
      change: summaryOf(rows, open.length),
      tree: boundedTree(rows) as unknown as Json,
    }
  },

  // The stack takes a role that `CreateChangeSet` named at the execution, if not before.
  async seenNow(args, settings) {
    return { role: (await stackNow(args, settings)).RoleARN }
  },

  async noteOf(args, settings) {
    const { StackStatus, StackStatusReason = '' } = await stackNow(args, settings)
    const rolledBack = /ROLLBACK_COMPLETE$/.test(StackStatus) ? 'rolled back' : 'not rolled back'
    return `${rolledBack}, the stack is ${StackStatus}${StackStatusReason && `: ${StackStatusReason}`}`.slice(0, 200)
  },
}

type StackEvent = { ClientRequestToken?: string; Timestamp?: string }
type StackSeen = { StackStatus: string; StackStatusReason?: string; RoleARN?: string }

async function stackNow(args: JsonObject, settings: RunSettings): Promise<StackSeen> {
  const { Stacks } = await settings.call('cloudformation:DescribeStacks', { StackName: arnsOf(args, settings).stack })
  return (Stacks as readonly [StackSeen])[0]
}

/** Pages of 100 events, of which a stack of 500 resources has ten for an update and as many for a rollback. */
const mostPages = 30
/** A stack and its nested stacks. */
const mostSets = 50
/** Answers of 100 changes. */
const mostAnswers = 20

const named = (ChangeSetName: string, StackName: string | undefined) => ({ ChangeSetName, ...defined({ StackName }) })

/** All pages of a change set. */
async function describe(id: string, stack: string | undefined, call: Call): Promise<DescribedSet> {
  const changes: unknown[] = []
  let NextToken: string | undefined
  for (let page = 0; page < mostAnswers; page += 1) {
    const answer = await call('cloudformation:DescribeChangeSet', {
      ...named(id, stack),
      ...(NextToken !== undefined && { NextToken }),
    }).catch((cause: unknown) => {
      if (!/^ChangeSetNotFound/.test(faultName(cause))) throw cause
      throw new Unfit('change_set_deleted', 'the change set does not exist, or was deleted: make another one')
    })
    changes.push(...((answer['Changes'] ?? []) as readonly unknown[]))
    NextToken = answer['NextToken'] as string | undefined
    if (NextToken === undefined) return DescribedSet.parse({ ...answer, Changes: changes })
  }
  throw new Unfit('change_set_too_large', 'the change set has too many changes: split it')
}

/** A change set with its nested ones, each with its processed template. */
async function readSet(id: string, stack: string | undefined, call: Call, seen = new Set<string>()): Promise<ReadSet> {
  seen.add(id)
  if (seen.size > mostSets) throw new Unfit('change_set_too_large', `it has more than ${mostSets} nested stacks`)
  const [set, { TemplateBody }] = await Promise.all([
    describe(id, stack, call),
    call('cloudformation:GetTemplate', { ...named(id, stack), TemplateStage: 'Processed' }).catch(absentTemplate),
  ])
  if (typeof TemplateBody !== 'string')
    throw new Unfit('change_set_not_ready', 'its processed template is missing: wait until the change set is complete')
  const below = changesOf({ set }).flatMap(({ ChangeSetId, PhysicalResourceId }) =>
    ChangeSetId === undefined || seen.has(ChangeSetId) ? [] : [[ChangeSetId, PhysicalResourceId] as const],
  )
  const nested = await Promise.all(
    below.map(async ([each, under]) => [each, await readSet(each, under, call, seen)] as const),
  )
  return { set, template: TemplateBody, nested: new Map(nested) }
}

/** The description says why there is none. */
function absentTemplate(cause: unknown): JsonObject {
  if (/^(?:ChangeSetNotFound|ValidationError)/.test(faultName(cause))) return {}
  throw cause
}

function refuseUnfit({ set }: ReadSet, stack: DescribedStack, asked: { stack: string; set: string }): void {
  if (set.ChangeSetId !== asked.set || set.StackId !== asked.stack || stack.StackId !== asked.stack)
    throw new Unfit('change_set_of_another_stack', `ask with the ids of a change set of \`${stack.StackName}\``)
  if (set['ParentChangeSetId'] !== undefined)
    throw new Unfit('change_set_nested', 'it is of a nested stack: ask for the change set of the root stack')
  if (set.ExecutionStatus === 'OBSOLETE')
    throw new Unfit('change_set_superseded', 'the stack was updated since: make another change set')
  if (/^EXECUTE_/.test(set.ExecutionStatus))
    throw new Unfit('change_set_executed', 'it was executed already: make another change set')
  if (/IN_PROGRESS$/.test(stack.StackStatus) && stack.StackStatus !== 'REVIEW_IN_PROGRESS')
    throw new Unfit('stack_in_progress', `the stack is ${stack.StackStatus}: ask again once it has ended`)
  if (set.ExecutionStatus !== 'AVAILABLE' || set.Status !== 'CREATE_COMPLETE')
    throw new Unfit('change_set_not_ready', `it is ${set.Status} and ${set.ExecutionStatus}: it cannot be executed`)
}
