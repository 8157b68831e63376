import { PagerDutySchedules } from '../../adapters/pagerduty/schedules.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { PagerDutySecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { refreshGroups } from '../../operations/people/refresh-groups.ts'
import { bind, tablesOf } from '../environments.ts'
import { readBundle } from '../wiring/ports.ts'
import { groupPorts, slackApi } from '../wiring/slack.ts'

type Ports = Parameters<typeof refreshGroups>[1] & { bundle: Bundle }

/** Every minute, where the directory takes groups from elsewhere: an answer holds for a quarter of an hour. */
export const createHandler = (ports: Ports) => async (): Promise<void> => {
  const { directory, deployment } = ports.bundle
  await refreshGroups({ directory, teamId: deployment.chat.teamId }, ports)
}

function schedulesOf(
  { PAGERDUTY_SECRET }: { PAGERDUTY_SECRET?: string | undefined },
  bundle: Bundle,
  clock: SystemClock,
) {
  if (PAGERDUTY_SECRET === undefined) return {}
  const secret = new PagerDutySecretReader(PAGERDUTY_SECRET, clock)
  const token = async () => (await secret.read()).token
  return { schedules: new PagerDutySchedules({ url: bundle.deployment.pager?.url, token }) }
}

export const handler = bind(
  'refresh-groups',
  (told) => {
    const world = { clock: new SystemClock(), log: new PowertoolsLog() }
    const bundle = readBundle()
    const { webApi } = slackApi(told, world)
    return { ...groupPorts(tablesOf(told), webApi, world), ...schedulesOf(told, bundle, world.clock), bundle }
  },
  createHandler,
)
