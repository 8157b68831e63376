import type { App, BlockAction, ButtonAction, StaticSelectAction } from '@slack/bolt'
import * as z from 'zod'
import type { Verdict } from '../../../domain/requests/request.ts'
import { Digest, RequestId } from '../../../domain/values.ts'
import { type Carried, onceFor, readValue, whoDid } from '../edge/click.ts'
import { faultTold } from '../edge/click-answers.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { answerClick } from '../edge/ephemeral.ts'
import { listChanged, malformedClick, notAnswered, sentenceFor } from '../edge/sentences.ts'
import { approveAll, denyAll, openOne } from './card-decide.ts'

/** What a button for all says: which card of which burst, and the digest of the list on it. */
const ButtonValue = z.strictObject({ b: Digest, g: z.int().positive(), l: Digest })

const verdicts: { readonly [action: string]: Verdict } = { [approveAll]: 'approve', [denyAll]: 'deny' }

/** The buttons of a burst's card. The press is put on record here; each of the list is decided right after, elsewhere. */
export function registerBurst(app: App, options: EdgeOptions): void {
  for (const [action_id, verdict] of Object.entries(verdicts))
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, (press) =>
      answerClick(press, options, (carried) => decideAll(verdict, press.body, press.action.value, carried, options)),
    )
  app.action<BlockAction<StaticSelectAction>>({ type: 'block_actions', action_id: openOne }, (press) =>
    answerClick(press, options, (carried) =>
      whereToOpen(press.body, press.action.selected_option?.value, carried, options),
    ),
  )
}

async function decideAll(
  verdict: Verdict,
  body: BlockAction,
  value: unknown,
  carried: Carried,
  options: EdgeOptions,
): Promise<string> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const pressed = readValue(ButtonValue, value)
  if (!pressed) return malformedClick
  const { b: key, g: generation, l: list } = pressed
  const once = onceFor(carried, list)
  const ask = { person: who.person.id, verdict, key, generation, list, once }
  const { deadline } = carried
  try {
    const taken = await deadline.within(options.decideAll(ask, deadline.mayStart), patience.tell)
    if (!taken.done) return notAnswered
    const { bundle, page } = options
    if (!taken.value.ok) {
      const { code, detail, state } = taken.value
      if (code === 'stale_digest') return listChanged
      return sentenceFor(code, { directory: bundle.directory, page, detail, state })
    }
    const what = verdict === 'approve' ? 'approvals' : 'denials'
    return `Your ${taken.value.value} ${what} are taken and are being recorded one by one; the card shows each, and any that could not be.`
  } catch (fault) {
    return faultTold(list, fault, options)
  }
}

/** Where one of a list is read in full and decided by itself. Only for who could do so: the page asks again who it is. */
async function whereToOpen(
  body: BlockAction,
  chosen: unknown,
  carried: Carried,
  options: EdgeOptions,
): Promise<string> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const id = RequestId.safeParse(`req_${chosen}`)
  return id.success ? `Read ${id.data} in full, and decide it by itself, on ${options.page(id.data)}` : malformedClick
}
