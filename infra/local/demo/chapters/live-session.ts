import { act } from '../../../../examples/remediator/act.ts'
import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import { askFor } from '../asking.ts'
import type { World } from '../world.ts'
import { withArguments } from './credential.ts'

/** A grant with everything that was issued under it. */
export interface LiveSession {
  /** The request's id. */
  id: string
  accessToken: string
  /** Does the approved thing with its AWS credentials. */
  use(): Promise<unknown>
}

/** Asks to set the staging parameter, for which nobody need be asked, and claims its AWS credentials. */
export async function liveSession({ example }: World, agent: Hotwork, value: string): Promise<LiveSession> {
  const ask = withArguments(example('staging-payment-timeout'), { Value: value })
  const { id } = (await askFor(agent, ask)).task
  const { access_token: accessToken } = await agent.exchangeToken(id)
  const credentials = await agent.awsCredentials(accessToken)
  return { id, accessToken, use: () => act(ask.action, agent.settings.aws, credentials) }
}
