// Rules: test/client/requests/ask-back.test.ts
import { randomUUID } from 'node:crypto'
import { Request } from '../../functions/domain/cards/wire/request.ts'
import { type Context, type IdTyped, show as print } from '../context.ts'
import type { Exit } from '../outcome.ts'
import { fact } from '../screen.ts'
import { pathOf } from './read.ts'
import { headOf } from './show.ts'

/** Asks the agent of a request, before a decision. Its deadlines stay. */
export async function question({ id, text }: IdTyped & { text: string }, context: Context): Promise<Exit> {
  const asked = await context.api.call(Request, {
    method: 'POST',
    path: `${pathOf(id)}/questions`,
    headers: { 'idempotency-key': randomUUID() },
    json: { text },
  })
  return told(asked, 'ASKED the agent', context)
}

/** Asks another person who may decide the open stage to look. */
export async function askColleague({ id, person }: IdTyped & { person: string }, context: Context): Promise<Exit> {
  const asked = await context.api.call(Request, {
    method: 'POST',
    path: `${pathOf(id)}/ask-colleague`,
    json: { person },
  })
  return told(asked, `ASKED ${person} to look`, context)
}

const told = (request: Request, did: string, context: Context): Exit =>
  print(context, request, () => [
    `${did}  ${request.id}`,
    ...fact('now', ...headOf(request, context.surroundings)),
    ...fact('page', `${context.api.url}/decide/${request.id}`),
  ])
