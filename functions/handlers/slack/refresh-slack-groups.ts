import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { refreshChatGroups } from '../../operations/people/chat-accounts.ts'
import { bind, tablesOf } from '../environments.ts'
import { readBundle } from '../wiring/ports.ts'
import { groupPorts, slackApi } from '../wiring/slack.ts'

type Ports = Parameters<typeof refreshChatGroups>[2] & { bundle: Bundle }

/** Every five minutes, where the directory takes groups from Slack: an answer older than a quarter of an hour is not used. */
export const createHandler = (ports: Ports) => async (): Promise<void> => {
  const { directory, deployment } = ports.bundle
  await refreshChatGroups(directory, deployment.chat.teamId, ports)
}

export const handler = bind(
  'refresh-slack-groups',
  (told) => {
    const world = { clock: new SystemClock(), log: new PowertoolsLog() }
    const { webApi } = slackApi(told, world)
    return { ...groupPorts(tablesOf(told), webApi, world.clock), bundle: readBundle() }
  },
  createHandler,
)
