import { listenOnLoopback } from '../loopback.ts'
import { controlRoutes } from './control.ts'
import { createRouter, serve } from './http.ts'
import { Interactions } from './interactions.ts'
import { pageRoutes } from './pages.ts'
import type { DeskState } from './state.ts'
import { Changes, type DeskPerson, Roster, Tickets } from './state.ts'
import { Messages, Views } from './surfaces.ts'
import { serveResponseUrl, serveWebApi } from './web-api.ts'

export interface DeskOptions {
  /** Where clicks are sent; a function when the address is known only later. */
  interactivityUrl: string | (() => string)
  teamId: string
  appId: string
  signingSecret: string
  botUserId: string
  /** The token that the app should use. Any is accepted; another one is logged, since in Slack it would fail. */
  botToken?: string
  people: DeskPerson[]
  channels: { name: string; id: string }[]
  log?: (line: string) => void
  /** Milliseconds since 1970; the machine's by default. */
  clock?: () => number
}

export interface Desk {
  /** Slack's Web API: `http://127.0.0.1:PORT/api/`. */
  apiUrl: string
  /** The pages, and under `control/` the control API: `http://127.0.0.1:PORT/`. */
  deskUrl: string
  close(): Promise<void>
}

/**
 * Starts the desk, the local Slack: its Web API, signed interactions, pages for a person and a control API for tests.
 * It listens on 127.0.0.1 only and keeps nothing once closed.
 */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const { interactivityUrl, signingSecret, botToken, log = () => {}, clock = Date.now } = options
  const changes = new Changes()
  const state: DeskState = {
    clock,
    teamId: options.teamId,
    appId: options.appId,
    botUserId: options.botUserId,
    roster: new Roster(options.people, options.channels),
    messages: new Messages(clock, changes),
    views: new Views(changes),
    tickets: new Tickets(clock),
    changes,
    sent: [],
    fault: { status: 0, retryAfterSeconds: 1 },
    notices: new Map(),
  }
  const server = await listenOnLoopback()
  const deskUrl = `${server.url}/`
  const interactions = new Interactions(state, {
    interactivityUrl: () => (typeof interactivityUrl === 'string' ? interactivityUrl : interactivityUrl()),
    signingSecret,
    responseUrl: (key) => `${deskUrl}response/${key}`,
  })
  const onToken = (token: string, method: string) => {
    if (botToken !== undefined && token !== botToken) log(`desk: ${method} came with another token than the app's`)
  }
  const route = createRouter(
    { ...pageRoutes(state, interactions), ...controlRoutes(state, interactions) },
    { '/api/': serveWebApi(state, onToken), '/response/': serveResponseUrl(state) },
  )

  server.handle(serve(route, log))
  log(`desk: ${deskUrl}`)
  return { apiUrl: `${deskUrl}api/`, deskUrl, close: server.close }
}
