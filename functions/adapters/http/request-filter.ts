// Rules: test/handlers/people/read-requests.test.ts
import { digestOf } from '../../domain/digest.ts'
import type { Wanted } from '../../domain/policy/askable.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { defined } from '../../domain/values.ts'
import { type BadRequest, badRequest } from './problem.ts'
import { cursorOf } from './read-body.ts'

/** @throws BadRequest if the span is empty */
export function checkSpan({ since, until }: { since?: number | undefined; until?: number | undefined }): void {
  if (since === undefined || until === undefined || until > since) return
  throw badRequest('invalid_request', 'The time span is empty', '`until` should be later than `since`')
}

type Filter = RequestFilter | Wanted

/** The text of a cursor: a place in a list, and a short hash of the list's filter. */
const marked = /^(.*)\.([A-Za-z0-9_-]{11})$/
const placeOfRequest = /^\d{10}#(?:[a-z]{3}_[0-9a-z]{26})?$/

export const cursorAfter = (place: string, filter: Filter): string => cursorOf(`${place}.${markOf(filter)}`)

/** @throws BadRequest if the cursor is invalid or was issued for a different filter */
export function placeAfter(
  cursor: string | undefined,
  filter: Filter,
  { form, name } = { form: placeOfRequest, name: 'after' },
): string | undefined {
  if (cursor === undefined) return undefined
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, place = '', mark] = marked.exec(text) ?? []
  if (mark === undefined || !form.test(place) || cursorOf(text) !== cursor)
    throw wrongCursor(name, 'send the `next` of the previous answer unchanged')
  if (mark === markOf(filter)) return place
  throw wrongCursor(name, 'it was issued for other filters: send it with the filters of the call that returned it')
}

const wrongCursor = (name: string, detail: string): BadRequest =>
  badRequest('invalid_request', `The cursor in \`${name}\` is invalid`, `\`${name}\`: ${detail}`)

const markOf = (filter: Filter): string => {
  const start = 'sha-256:'.length
  return digestOf('hotwork.cursor.v1', { ...defined(filter) }).slice(start, start + 11)
}
