import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { rfc3339 } from '../../domain/ledger.ts'
import { allowedMore, allowMore } from './burst-actions.ts'
import { type Carried, carriedOf, whoDid } from './carried.ts'
import { readClick } from './click.ts'
import { faultTold } from './decide-told.ts'
import type { EdgeOptions } from './edge-options.ts'
import { patience } from './patience.ts'
import { malformedPress, notAnswered, sentenceFor } from './sentences.ts'

/** The button by which whoever approved a request allows its agent a few more like it. */
export function registerPermit(app: App, options: EdgeOptions): void {
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: allowMore }, async (press) => {
    await press.ack()
    const carried = carriedOf(press)
    const sentence = await allow(press.body, press.action.value, carried, options)
    await carried.deadline.within(options.whisper(press.body.response_url, sentence), patience.answer)
  })
}

async function allow(body: BlockAction, value: unknown, carried: Carried, options: EdgeOptions): Promise<string> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const click = readClick(value)
  if (!click) return malformedPress
  const { deadline } = carried
  const { uses, hours } = allowedMore
  const terms = {
    request: click.request,
    digest: click.digest,
    person: who.person.id,
    uses,
    until: options.now() + hours * 3600,
  }
  try {
    const given = await deadline.within(options.allowMore(terms, deadline.mayStart), patience.tell)
    if (!given.done) return notAnswered
    const { bundle, page } = options
    if (!given.value.ok)
      return sentenceFor(given.value.code, { directory: bundle.directory, page, detail: given.value.detail })
    const { id, agent, until } = given.value.value
    return `${agent} may do the same ${uses} more times until ${rfc3339(until)} and nobody is asked; to take that back, delete /v1/standing-permits/${id}`
  } catch (fault) {
    return faultTold(click.request, fault, options)
  }
}
