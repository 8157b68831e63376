// Rules: test/targets/aws/runs/automation-and-build.test.ts
import type { RunAction } from '../rules/runs.ts'
import { automation } from './automation.ts'
import { build } from './build.ts'
import { changeSet } from './change-set.ts'
import { invokedFunction } from './function.ts'
import type { Run } from './run.ts'
import { stateMachine } from './state-machine.ts'

/** The kinds of runs, one line each. */
export const runs: { readonly [action in RunAction]: Run } = {
  'ssm:StartAutomationExecution': automation,
  'states:StartExecution': stateMachine,
  'lambda:InvokeFunction': invokedFunction,
  'codebuild:StartBuild': build,
  'cloudformation:ExecuteChangeSet': changeSet,
}
