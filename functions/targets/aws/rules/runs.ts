// Rules: test/targets/aws/rules/check-runs.test.ts, test/policies/catalogue/judge.test.ts
import { cancels } from '../../../domain/policy/follow.ts'

/** The calls that start a run: each is one module of functions/targets/aws/runs. */
export const runActions = [
  'ssm:StartAutomationExecution',
  'states:StartExecution',
  'lambda:InvokeFunction',
  'codebuild:StartBuild',
  'cloudformation:ExecuteChangeSet',
] as const
export type RunAction = (typeof runActions)[number]

export const isRun = (action: string): action is RunAction => runActions.some((each) => each === action)

/** Further actions of IAM that start a run or change a stack, for which there is no entry of a run. */
const otherStarts = [
  ...['codebuild:RetryBuild', 'codebuild:StartBuildBatch', 'cloudformation:UpdateStack', 'lambda:InvokeAsync'],
  ...['cloudformation:CreateStack', 'cloudformation:ExecuteStackRefactor', 'cloudformation:RollbackStack'],
  ...['codebuild:RetryBuildBatch', 'lambda:InvokeFunctionUrl'],
  ...['ssm:StartChangeRequestExecution', 'states:RedriveExecution', 'states:StartSyncExecution'],
]
const starts = new Set([...runActions, ...otherStarts].map((each) => each.toLowerCase()))
/** Whether a right to the action starts a run. IAM ignores case. */
export const rightStartsRun = (action: string): boolean => starts.has(action.toLowerCase())

/** The run that an entry starts: by its name, or by `call` if it has a name of its own. */
export function runOf({ name, call = name }: { name: string; call?: string | undefined }): RunAction | undefined {
  return isRun(call) ? call : undefined
}

type RunRules = {
  /** The operation of AWS's API. IAM's action of `lambda:Invoke` has another name. */
  starts: string
  /** The reads of its definition, and of the look-up of a lost answer. The reader role makes them. */
  reads: readonly string[]
  /** The service to which the runner passes `runsAs`, if AWS asks that of the caller. */
  passesTo?: string
}

export const runRules: { readonly [action in RunAction]: RunRules } = {
  'ssm:StartAutomationExecution': {
    starts: 'ssm:StartAutomationExecution',
    reads: ['ssm:DescribeDocument', 'ssm:GetDocument', 'ssm:DescribeAutomationExecutions'],
    passesTo: 'ssm.amazonaws.com',
  },
  'states:StartExecution': {
    starts: 'states:StartExecution',
    reads: ['states:DescribeStateMachine', 'states:ListExecutions'],
  },
  'lambda:InvokeFunction': { starts: 'lambda:Invoke', reads: ['lambda:GetFunctionConfiguration'] },
  'codebuild:StartBuild': {
    starts: 'codebuild:StartBuild',
    reads: ['codebuild:BatchGetProjects', 'codebuild:ListBuildsForProject', 'codebuild:BatchGetBuilds'],
  },
  'cloudformation:ExecuteChangeSet': {
    starts: 'cloudformation:ExecuteChangeSet',
    reads: [
      'cloudformation:DescribeChangeSet',
      'cloudformation:DescribeStackEvents',
      'cloudformation:DescribeStacks',
      'cloudformation:GetStackPolicy',
      'cloudformation:GetTemplate',
    ],
  },
}

export const isRole = (value: unknown): value is string =>
  typeof value === 'string' && /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/.test(value)

/** The operations of AWS that start a run, or stop one. */
export const runOperations: readonly string[] = [...Object.values(runRules).map(({ starts }) => starts), ...cancels]
