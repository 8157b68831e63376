import { Opened } from '../answers.ts'
import { type Exit, exitOfStatus } from '../exit-codes.ts'
import { proverOf } from '../kept-openings.ts'
import { fact, time, until } from '../screen.ts'
import { Fault, Refusal } from '../trouble.ts'
import { awsProfile, command, useOf } from './aws-profile.ts'
import { rightsOf, stateOf, titleOf } from './describe.ts'
import { type Context, show } from './verb.ts'
import { readWhat, type WhatTyped } from './what.ts'

export type StartTyped = WhatTyped & { reason: string; incident: string; minutes: number; drill: boolean }

const path = '/v1/break-glass'

/**
 * Opens what policy lets this person open, with a key that is made here and stays here. Where the answer is lost, the same
 * command again is the same opening: the key and the `Idempotency-Key` are kept before anything is asked.
 */
export async function start(typed: StartTyped, context: Context): Promise<Exit> {
  const { api, kept: openings, surroundings } = context
  const { reason, incident, minutes, drill } = typed
  const body = { ...readWhat(typed, surroundings.folder), reason, incident, minutes, ...(drill ? { drill } : {}) }
  const { kept, again, place } = await openings.begin(api.url, body, minutes)
  if (again) surroundings.err('this was asked before and not answered: asking for the same opening again\n')
  const opened = await api
    .call(Opened, {
      method: 'POST',
      path,
      json: body,
      headers: { 'idempotency-key': kept.idempotencyKey },
      proof: await proverOf(kept),
      opens: true,
    })
    .catch((trouble: unknown) => {
      // Whoever is not logged in has not asked: of what was asked before nothing is known yet, and its key is still needed.
      if (isAboutLogin(trouble)) {
        if (!again) openings.refused(place)
        throw trouble
      }
      if (trouble instanceof Refusal) openings.refused(place)
      throw trouble instanceof Fault ? askAgain(trouble) : trouble
    })
  openings.opened(place, kept, opened.id, opened.not_after)
  const exit = exitOfStatus(opened.status)
  // The same opening again may be over by now.
  if (opened.status !== 'approved') openings.forget(opened.id)
  const more = { key_file: openings.pathOf(opened.id), credential_process: awsProfile(context).credential_process }
  return show(context, { ...opened, ...more }, () => words(opened, context), exit)
}

function words(opened: Opened, context: Context): string[] {
  const { surroundings, kept } = context
  const { id, drill, incident, not_after, budget_left_minutes: left, review } = opened
  return [
    `${stateOf(opened)}  ${id}${drill ? '  DRILL, its credentials can do nothing' : ''}`,
    fact('what', `${titleOf(opened)}, for ${incident}`),
    ...rightsOf(opened),
    fact(
      'until',
      `${time(not_after, surroundings)}, ${until(not_after, surroundings)}; ${left} min left of seven days`,
    ),
    ...useOf(opened, context),
    fact('end', `${command} end ${id}`),
    ...(review
      ? [fact('review', `somebody else, by ${time(review.due_at, surroundings)}: ${command} review ${id}`)]
      : []),
    fact('key', `${kept.pathOf(id)}, deleted at the end`),
  ]
}

const loginCodes = ['login_failed', 'no_metadata', 'invalid_token', 'missing_token', 'insufficient_user_authentication']
const isAboutLogin = (trouble: unknown): boolean =>
  (trouble instanceof Refusal || trouble instanceof Fault) && loginCodes.includes(trouble.told.code)

/** It may be open. */
function askAgain({ told, cause }: Fault): Fault {
  const detail = [told.detail, 'it may be open all the same: run the same command again, which is the same opening']
  return new Fault({ ...told, detail: detail.filter((each) => each !== undefined).join('; ') }, { cause })
}
