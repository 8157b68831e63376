import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startDesk } from '../../../../local/desk/desk.ts'

/** A Slack for the adapters to run against. */
export type Slack = {
  apiUrl: string
  /** A bot token with these scopes. */
  token(scopes: readonly string[]): string
  channel: string
  user: string
  /** A user group with that user in it. */
  group: string
  /** Its missing methods. */
  lacks: readonly string[]
  /** The trigger of a person's act, which opens one form. */
  trigger(): Promise<string>
  close(): Promise<void>
}

const team = 'T0HOT'

/** Our own desk, which checks blocks. */
export async function startOurs(): Promise<Slack> {
  let trigger = ''
  const app: Server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    trigger = new URLSearchParams(body).get('trigger_id') ?? ''
    response.end()
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  const desk = await startDesk({
    interactivityUrl: `http://127.0.0.1:${(app.address() as AddressInfo).port}/`,
    teamId: team,
    appId: 'A0HOT',
    signingSecret: 'any',
    botUserId: 'U0BOT',
    people: [{ slackUserId: 'U0ANA', name: 'ana', realName: 'Ana Alves', groups: ['sre'] }],
    channels: [{ name: 'hotwork-approvals', id: 'C0APPR' }],
  })
  return {
    apiUrl: desk.apiUrl,
    token: () => 'xoxb-any',
    channel: 'C0APPR',
    user: 'U0ANA',
    group: 'SSRE',
    lacks: [],
    trigger: async () => {
      const body = JSON.stringify({ command: '/hotwork', user: 'U0ANA', channel: 'C0APPR' })
      await fetch(`${desk.deskUrl}control/command`, { method: 'POST', body })
      return trigger
    },
    close: async () => {
      await desk.close()
      app.closeAllConnections()
      await new Promise((resolve) => app.close(resolve))
    },
  }
}

/** The `emulate` package, which checks each method's scopes (`strict_scopes`). */
export async function startEmulate(scopes: readonly (readonly string[])[]): Promise<Slack> {
  const nameOf = (some: readonly string[]) => `xoxb-${[...some].sort().join('-').replaceAll(/[:.]/g, '_')}`
  const bot = { type: 'bot', user: 'hotwork', team_id: team, app_id: 'A0HOT', bot_id: 'B0HOT' }
  const setUp = 'xoxb-set-up'
  const seed = {
    slack: {
      strict_scopes: true,
      team: { name: 'Hotwork', domain: 'hotwork' },
      users: [
        { name: 'hotwork', real_name: 'Hotwork' },
        { name: 'ana', real_name: 'Ana Alves' },
      ],
      channels: [{ name: 'hotwork-approvals' }],
      tokens: [
        ...scopes.map((some) => ({ ...bot, token: nameOf(some), scopes: some })),
        { ...bot, token: setUp, scopes: ['channels:read', 'channels:join', 'users:read'] },
      ],
    },
  }
  const port = await freePort()
  const child = spawn(process.execPath, [join(__dirname, 'emulate.child.ts'), String(port), JSON.stringify(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const url = await new Promise<string>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line).url))
    child.once('exit', (code) => reject(new Error(`emulate ended with ${code}`)))
  })
  // biome-ignore lint/suspicious/noExplicitAny: each caller checks the members that it reads
  const ask = async (method: string, body: object, token = setUp): Promise<any> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/${method}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const said = (await answer.json()) as { ok: boolean }
    if (!said.ok) throw new Error(`${method}: ${JSON.stringify(said)}`)
    return said
  }
  const { members } = await ask('users.list', {})
  const { channels } = await ask('conversations.list', {})
  const idOf = (all: { name: string; id: string }[], wanted: string) =>
    all.find(({ name }) => name === wanted)?.id ?? ''
  const [user, channel] = [idOf(members, 'ana'), idOf(channels, 'hotwork-approvals')]
  await ask('conversations.join', { channel })
  return {
    apiUrl: `${url}/api/`,
    token: nameOf,
    channel,
    user,
    group: 'S0SRE',
    lacks: ['usergroups.users.list'],
    trigger: async () => (await ask('views.generateTriggerId', { user_id: user })).trigger_id,
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createSocketServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
