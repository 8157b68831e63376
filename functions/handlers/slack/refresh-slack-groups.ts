import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SlackSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { environmentOf } from '../environments.ts'
import { readBundle } from '../wiring/ports.ts'
import { slackGroupsRefresh } from '../wiring/slack.ts'

const environment = environmentOf('refresh-slack-groups')
const clock = new SystemClock()
const secret = new SlackSecretReader(environment.SLACK_SECRET, clock)
const refresh = slackGroupsRefresh({
  bundle: readBundle(),
  tables: environment,
  webApi: {
    apiUrl: environment.SLACK_API_URL,
    token: async () => (await secret.read()).botToken,
    log: new PowertoolsLog(),
  },
  clock,
})

/** Every five minutes, where the directory takes groups from Slack: what is older than a quarter of an hour counts for nothing. */
export const handler = async (): Promise<void> => {
  await refresh()
}
