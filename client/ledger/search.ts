// Rules: test/client/ledger/export.test.ts
import type { Api } from '../api.ts'
import { parsedJson } from '../http.ts'
import { Fault } from '../outcome.ts'
import { Entry, type Line } from './entry.ts'

export type Query = { readonly [filter: string]: string | undefined }

/**
 * Pages of entries, oldest first. A lost page is requested again from the end of the page before it.
 *
 * @throws Fault if an answer is not a page, or its link is invalid
 */
export async function* searchPages(api: Api, query: Query): AsyncGenerator<readonly Line[]> {
  const given = Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined)
  let after: string | undefined
  do {
    const parameters = new URLSearchParams(given)
    if (after !== undefined) parameters.set('after', after)
    const path = `/v1/ledger${parameters.size > 0 ? `?${parameters}` : ''}`
    const { text, headers } = await api.text({ method: 'GET', path })
    yield linesOf(text)
    const next = nextOf(headers.get('link') ?? '')
    if (next !== undefined && next === after) throw unreadable('its next page is the same page')
    after = next
  } while (after !== undefined)
}

/** Only the cursor is taken from the link, so the next call goes to the same API. */
function nextOf(link: string): string | undefined {
  const [, address] = /<([^>]*)>;\s*rel="next"/.exec(link) ?? []
  if (address === undefined) return undefined
  const place = URL.canParse(address) ? new URL(address).searchParams.get('after') : null
  if (place === null) throw unreadable('its `Link` names no place')
  return place
}

const linesOf = (text: string): Line[] => {
  // A text without a final line end was cut.
  if (text !== '' && !text.endsWith('\n')) throw unreadable('its last line is cut')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const entry = Entry.safeParse(parsedJson(line))
      if (!entry.success) throw unreadable('a line is not an entry')
      return { entry: entry.data, line }
    })
}

const unreadable = (why: string): Fault =>
  new Fault({ code: 'unreadable_answer', title: 'a page of the ledger cannot be read', detail: why })
