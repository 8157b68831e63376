// Rules: test/client/requests/show.test.ts
import type * as z from 'zod'
import type { Api } from './api.ts'

/** A list of several pages is read to its end, or until it has this many. */
type Most = { limit: number; pages?: number }

/**
 * A filtered page may be short, even empty, and the list still goes on: after so many the reader is told of the rest.
 */
const mostPages = 40

/** @param path with its query @returns at most `limit` items, and whether there may be more */
export async function readPages<Page extends { next?: string | undefined }, Item>(
  api: Api,
  { path, query = {} }: { path: string; query?: { readonly [name: string]: string | undefined } },
  shape: z.ZodType<Page>,
  itemsOf: (page: Page) => readonly Item[],
  { limit, pages = mostPages }: Most,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = []
  const given = Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined)
  let after: string | undefined
  for (let page = 0; page < pages; page++) {
    const parameters = new URLSearchParams(given)
    if (after !== undefined) parameters.set('after', after)
    const answer = await api.call(shape, { method: 'GET', path: parameters.size > 0 ? `${path}?${parameters}` : path })
    items.push(...itemsOf(answer))
    after = answer.next
    if (after === undefined || items.length >= limit) break
  }
  return { items: items.slice(0, limit), more: after !== undefined || items.length > limit }
}
