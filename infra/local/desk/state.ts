import type { Changes } from './changes.ts'
import type { Messages } from './messages.ts'
import type { Roster } from './roster.ts'
import type { Tickets } from './tickets.ts'
import type { Views } from './views.ts'

/** One signed request to the app, exactly as sent, so that a test can try to replay or change it. */
export interface SentInteraction {
  /** Milliseconds. */
  at: number
  url: string
  headers: { [name: string]: string }
  body: string
  /** What the app answered; absent while it has not, or when it could not be reached. */
  answer?: { status: number; body: string; milliseconds: number }
}

/** What the Web API answers instead of working. `status` 0: it works. */
export interface Fault {
  status: number
  retryAfterSeconds: number
  /** With status 200: Slack's `{ ok: false, error }`. */
  error?: string
}

/** Everything the desk knows. Nothing is kept on disk: a local Slack ends with its command. */
export interface DeskState {
  clock: () => number
  teamId: string
  appId: string
  botUserId: string
  roster: Roster
  messages: Messages
  views: Views
  tickets: Tickets
  changes: Changes
  sent: SentInteraction[]
  fault: Fault
  /** What the desk itself has to tell a person, by Slack id: mostly that the app failed to answer. */
  notices: Map<string, string>
}
