// Rules: test/channels/slack/home/home.test.ts
import type { App } from '@slack/bolt'
import * as z from 'zod'
import { groupIn } from '../../../group-sources/kinds.ts'
import { type Carried, carriedOf } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { keyIn } from './guard.ts'

/** The envelope of an event. Slack's retry has the same id and a new signature. */
const EventId = z.object({ event_id: z.string().regex(/^Ev[A-Za-z0-9]{1,64}$/) })

/** The time for which an event is remembered: Slack retries for about an hour. Seconds. */
const rememberSeconds = 7_200

/**
 * Whether an event is new. Events without an id, retries, and events whose look-up is late count as repeats: nothing is
 * lost, since the facts can be read again.
 */
export async function isFirst(
  body: unknown,
  carried: Carried,
  { chat, putOnce, now, log }: EdgeOptions,
): Promise<boolean> {
  const parsed = EventId.safeParse(body)
  if (!parsed.success) {
    log.warn('slack_event_without_id')
    return false
  }
  const once = {
    key: `SEEN#${keyIn(chat.alias, `EVENT#${parsed.data.event_id}`)}`,
    value: 'event',
    expiresAt: now() + rememberSeconds,
  }
  const warn = (fault: string) => log.warn('slack_event_not_taken', { fault })
  return (await carried.deadline.inTime(() => putOnce(once), patience.start, warn))?.value ?? false
}

const Changed = z.object({ subteam_id: z.string() })

export function registerEvents(app: App, options: EdgeOptions): void {
  const { bundle, chat, refreshGroups, log } = options
  const named = Object.values(bundle.directory.sources ?? {}).flatMap(({ source: { chatGroup } }) => {
    const group = chatGroup === undefined ? undefined : groupIn(chatGroup, chat.alias)
    return group?.chat === chat.alias ? [group.id] : []
  })
  // People who have left a user group lose its decisions at once.
  app.event('subteam_members_changed', async (heard) => {
    const changed = Changed.safeParse(heard.event)
    if (!changed.success || !named.includes(changed.data.subteam_id)) return
    const carried = carriedOf(heard)
    if (!(await isFirst(heard.body, carried, options))) return
    // The next round retries, and an expired reading does not count.
    const warn = (fault: string) => log.warn('slack_groups_not_read', { fault })
    await carried.deadline.inTime(refreshGroups, patience.answer, warn)
  })
  // Until the app is installed again, cards cannot be posted and clicks do not arrive.
  for (const event of ['app_uninstalled', 'tokens_revoked'] as const)
    app.event(event, async (heard) => {
      if (await isFirst(heard.body, carriedOf(heard), options)) log.error('slack_app_removed', { event })
    })
}
