// Rules: test/local/desk/pages.test.ts
import { listenOnLoopback } from '../loopback.ts'
import { controlRoutes } from './control.ts'
import { createRouter, serve } from './http.ts'
import { Interactions } from './interactions.ts'
import { pageRoutes } from './pages.ts'
import type { DeskState } from './state.ts'
import { Changes, type DeskPerson, Pace, Roster, responseTerms, Tickets, triggerTerms } from './state.ts'
import { Messages, Views } from './surfaces.ts'
import { serveResponseUrl, serveWebApi } from './web-api.ts'

export interface DeskOptions {
  /** The app's address, or a function if it is only known later. */
  interactivityUrl: string | (() => string)
  teamId: string
  appId: string
  signingSecret: string
  botUserId: string
  /** The app's token. A different one is logged, since Slack would refuse it. */
  botToken?: string
  people: DeskPerson[]
  channels: { name: string; id: string }[]
  /** The address by which the app reaches the desk, if it is not the desk's own. Without a trailing slash. */
  outsideUrl?: string | undefined
  log?: (line: string) => void
  clock?: () => number
  /** Enforces Slack's limit of one message a second in a channel. Off by default, so that tests are fast. */
  paced?: boolean
}

/**
 * `apiUrl`: Slack's Web API; `deskUrl`: the pages, with the control API below `control/`. Both have a trailing slash.
 */
export type Desk = Awaited<ReturnType<typeof startDesk>>

/**
 * The local Slack, on 127.0.0.1 only: its Web API, signed interactions, pages for people and a control API for tests.
 */
export async function startDesk(options: DeskOptions) {
  const {
    interactivityUrl,
    signingSecret,
    botToken,
    log = () => {},
    clock = Date.now,
    teamId,
    appId,
    botUserId,
  } = options
  const changes = new Changes()
  const state: DeskState = {
    ...{ clock, teamId, appId, botUserId, changes },
    roster: new Roster(options.people, options.channels),
    messages: new Messages(clock, changes),
    views: new Views(changes),
    triggers: new Tickets(clock, triggerTerms),
    responses: new Tickets(clock, responseTerms),
    sent: [],
    fault: { status: 0, retryAfterSeconds: 1 },
    ...(options.paced && { pace: new Pace(clock) }),
    closed: new Map(),
    notices: new Map(),
  }
  const server = await listenOnLoopback()
  const deskUrl = `${server.url}/`
  const interactions = new Interactions(state, {
    interactivityUrl: () => (typeof interactivityUrl === 'string' ? interactivityUrl : interactivityUrl()),
    signingSecret,
    responseUrl: (key) => `${options.outsideUrl ?? server.url}/response/${key}`,
  })
  const onToken = (token: string, method: string) => {
    if (botToken !== undefined && token !== botToken) log(`desk: ${method} came with a token that is not the app's`)
  }
  const route = createRouter(
    { ...pageRoutes(state, interactions), ...controlRoutes(state, interactions) },
    { '/api/': serveWebApi(state, onToken), '/response/': serveResponseUrl(state) },
  )

  server.handle(serve(route, log))
  log(`desk: ${deskUrl}`)
  return { apiUrl: `${deskUrl}api/`, deskUrl, close: server.close }
}
