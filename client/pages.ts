// Rules: test/client/requests/show.test.ts
import type * as z from 'zod'
import type { Api } from './api.ts'

/** The list is read to its end, or up to `limit` items. */
type Most = { limit: number; pages?: number }

/**
 * A filtered page may be short or empty before the list ends. After this many pages the reader is told that there may
 * be more.
 */
const mostPages = 40

/** @param path with its query @returns at most `limit` items, and whether more may exist */
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
