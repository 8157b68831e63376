// Rules: test/targets/aws/runs/automation-and-build.test.ts
import { hash } from 'node:crypto'
import { levelOf, maskPair } from '../../../domain/previews/mask.ts'
import type { Ask } from '../../../domain/record/request.ts'
import type { Json, NumericDate, UseId } from '../../../domain/values.ts'
import type { CallResult, LookedUp } from '../../reach.ts'
import { makeOnce } from '../calls/sdk-caller.ts'
import type { AwsCredentials, AwsReader, ModelCaller } from '../ports.ts'
import type { RunAction } from '../rules/runs.ts'
import { type RunOf, readingFor, settingsFor } from './describe-run.ts'
import { runs } from './runs.ts'

/** `runnerRole`: path and name of the runner in every AWS account. `aws` reads, also for a lost answer. */
export type RunPorts = { runnerRole: string; models: ModelCaller; aws: AwsReader }

/** The once-only key of a run: by it AWS knows a second start of the same use. */
export const keyOf = (use: UseId): string => hash('sha256', use, 'hex')

/** A function answers when it has ended. Milliseconds. */
const patienceOf = (action: RunAction): number => (action === 'lambda:InvokeFunction' ? 20_000 : 10_000)
const lookUpMilliseconds = 8000

/** The longest text of an answer for an agent, in characters. */
const longestAnswer = 65_536

/** Starts a run in the runner's session. @throws as `makeOnce` does */
export async function startRun(
  ask: Ask,
  { use, session }: { use: UseId; session: AwsCredentials },
  of: RunOf,
  { models }: Pick<RunPorts, 'models'>,
): Promise<CallResult> {
  const { bundle, account, action } = of
  const level = levelOf(bundle.show, ask.classification)
  const mask = (value: Json) => maskPair({ after: value }, level, longestAnswer).after
  const settings = settingsFor(of, mask, (model, args) =>
    models.call({ model, arguments: args, account, credentials: session, milliseconds: patienceOf(action) }),
  )
  const { run, failed, output } = await makeOnce(() => runs[action].start(ask.arguments, settings, keyOf(use)))
  if (run !== undefined) return { outcome: 'started', run, output }
  return failed === undefined ? { outcome: 'told', output } : { outcome: 'failed', reason: failed, output }
}

/** Looks as the reader for a run whose answer was lost. @throws if it cannot be read now */
export const lookUpRun = (
  ask: Ask,
  { id, begunAt }: { id: UseId; begunAt: NumericDate },
  of: RunOf,
  { aws, runnerRole }: Pick<RunPorts, 'aws' | 'runnerRole'>,
): Promise<LookedUp> =>
  runs[of.action].lookUp(
    ask.arguments,
    { key: keyOf(id), session: `${runnerRole.split('/').at(-1)}/${ask.id}`, begunAt },
    readingFor(of, aws, AbortSignal.timeout(lookUpMilliseconds)),
  )
