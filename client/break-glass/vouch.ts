import { Vouched } from '../answers.ts'
import type { Exit } from '../exit-codes.ts'
import { fact, time, until } from '../screen.ts'
import { type Context, show } from './verb.ts'
import { readWhat, type WhatTyped } from './what.ts'

/** Gives one's word for somebody who has to open though an earlier opening is not reviewed: for one thing, for minutes. */
export async function vouch({ person, ...what }: WhatTyped & { person: string }, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const json = { person, ...readWhat(what, surroundings.folder) }
  const vouched = await api.call(Vouched, { method: 'POST', path: '/v1/break-glass/vouchers', json })
  return show(context, vouched, () => [
    `VOUCHED for ${vouched.person}`,
    fact(
      'until',
      `${time(vouched.until, surroundings)}, ${until(vouched.until, surroundings)}: they open it before then`,
    ),
    fact('review', 'by somebody else than the two of you'),
  ])
}
