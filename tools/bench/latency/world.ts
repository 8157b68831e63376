import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../../../local/stack.ts'
import { Deployment, knowAlone } from '../../../test/stack/support/deployment.ts'
import { SlackScreen } from '../../meter/slack-screen.ts'
import { type Passed, startDelayingProxy } from './delaying-proxy.ts'
import { delayOf, slackDelay, streamDelay } from './delays.ts'
import { agentName, manyAgents } from './many-agents.ts'

/** A local stack whose AWS and Slack answer with the delays of `delays.ts`, with its agents and people. */
export interface DelayedWorld {
  hotwork: Deployment
  /** The agent of the n-th request: each in turn, then the first one again. */
  agentOf(n: number): string
  slack: SlackScreen
  /** The Lambdas' calls so far. */
  calls: Passed[]
}

/** @param resources end all that is started */
export async function startDelayedWorld(agents: number, resources: AsyncDisposableStack): Promise<DelayedWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'hotwork-latency-'))
  resources.defer(() => rmSync(directory, { recursive: true, force: true }))
  const calls: Passed[] = []
  const slack = new SlackScreen()
  const aws = await startDelayingProxy(delayOf, (call) => calls.push(call))
  resources.defer(() => aws.close())
  const beforeSlack = await startDelayingProxy(
    () => slackDelay,
    ({ operation, began }, { asked, answered }) => slack.see({ operation, body: asked, answer: answered }, began),
  )
  resources.defer(() => beforeSlack.close())
  const stack = await startStack({
    stateDirectory: join(directory, 'stack'),
    policies: manyAgents(join(directory, 'policies'), agents),
    meter: { ...aws, invocationsFile: join(directory, 'invocations.log'), streamDelay },
    slack: beforeSlack,
  })
  resources.defer(() => stack.close())
  knowAlone(stack.local, directory)
  return { hotwork: new Deployment(), agentOf: (n) => agentName(n % agents), slack, calls }
}
