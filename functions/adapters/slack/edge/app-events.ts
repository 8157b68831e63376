import type { App } from '@slack/bolt'
import * as z from 'zod'
import type { OnceOnly } from '../../../operations/ports.ts'
import { type Carried, carriedOf } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'

/** Of an event's envelope, whatever the event: Slack sends one again under the same id, with a new signature. */
const EventId = z.object({ event_id: z.string().regex(/^Ev[A-Za-z0-9]{1,64}$/) })

/** Slack sends an event again for about an hour: for longer than that its id is remembered. */
const rememberSeconds = 7_200

/**
 * Whether this delivery of an event is the first. One without an id, one that has been here, and one of which nobody can
 * say so in time are none: an event asks for nothing that cannot be had again.
 */
export async function isFirst(body: unknown, carried: Carried, { claim, now, log }: EdgeOptions): Promise<boolean> {
  const parsed = EventId.safeParse(body)
  if (!parsed.success) {
    log.warn('slack event without an id')
    return false
  }
  const once: OnceOnly = {
    key: `SEEN#EVENT#${parsed.data.event_id}`,
    value: 'event',
    expiresAt: now() + rememberSeconds,
  }
  try {
    const claimed = await carried.deadline.within(claim(once), patience.start)
    return claimed.done && claimed.value
  } catch (fault) {
    log.warn('slack event not taken', { fault: fault instanceof Error ? fault.name : 'unknown' })
    return false
  }
}

const Changed = z.object({ subteam_id: z.string() })

/** Somebody has come into a user group or left it: whoever has left should not decide by it for a moment longer. */
export function registerGroupEvents(app: App, options: EdgeOptions): void {
  const { bundle, refreshGroups, log } = options
  const named = Object.values(bundle.directory.chatGroups ?? {})
  app.event('subteam_members_changed', async (heard) => {
    const changed = Changed.safeParse(heard.event)
    if (!changed.success || !named.includes(changed.data.subteam_id)) return
    const carried = carriedOf(heard)
    if (!(await isFirst(heard.body, carried, options))) return
    try {
      const { done } = await carried.deadline.within(refreshGroups(), patience.answer)
      if (!done) log.warn('slack groups not read in time')
    } catch (fault) {
      // The next round comes by itself, and what is kept counts for nothing once it is old.
      log.warn('slack groups not read', { fault: fault instanceof Error ? fault.name : 'unknown' })
    }
  })
}

/** The end of the app in this workspace: no card can be posted, and no click comes, until somebody installs it again. */
export function registerAppEvents(app: App, options: EdgeOptions): void {
  for (const event of ['app_uninstalled', 'tokens_revoked'] as const)
    app.event(event, async (heard) => {
      if (await isFirst(heard.body, carriedOf(heard), options)) options.log.error('slack app removed', { event })
    })
}
