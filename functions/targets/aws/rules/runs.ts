// Rules: test/targets/aws/rules/runs.test.ts
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
