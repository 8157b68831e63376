import { Entries, type Entry } from '../../functions/domain/cards/wire/ledger.ts'
import type { Context } from '../context.ts'
import { entryTypes } from '../ledger/entry-types.ts'
import { readPages } from '../pages.ts'
import { observedWords } from '../policy/observed-words.ts'
import { type Around, time } from '../screen.ts'

/**
 * The ledger entries of a request, oldest first, and their personal texts. Entries are unchanged: hashes stay valid.
 */
export async function readTimeline(
  id: string,
  { api }: Pick<Context, 'api'>,
): Promise<Pick<Entries, 'entries' | 'personal'>> {
  const whole = { limit: Number.POSITIVE_INFINITY, pages: Number.POSITIVE_INFINITY }
  const path = `/v1/requests/${id}/ledger`
  const { items } = await readPages(api, { path }, Entries, (page) => [page], whole)
  return {
    entries: items.flatMap(({ entries }) => entries),
    personal: Object.fromEntries(items.flatMap(({ personal }) => Object.entries(personal))),
  }
}

const commitment = /^sha-256:[A-Za-z0-9_-]{43}$/

/** Replaces the commitments in entries by their personal texts, or by `(erased)`. */
function withTexts({ entries, personal }: Pick<Entries, 'entries' | 'personal'>): Entry[] {
  return entries.map((entry) => {
    const texts = Object.fromEntries(
      (['comment', 'reason', 'note', 'text', 'toAgent'] as const).flatMap((name) => {
        const value = entry.facts[name]
        if (typeof value !== 'string' || !commitment.test(value)) return []
        return [[name, personal[entry.id]?.[`/facts/${name}`]?.text ?? '(erased)']]
      }),
    )
    return { ...entry, facts: { ...entry.facts, ...texts } }
  })
}

/** One line for each entry. */
export const timelineLines = (record: Pick<Entries, 'entries' | 'personal'>, surroundings: Around): string[] =>
  withTexts(record).map((entry) => {
    const at = (seconds: unknown) =>
      typeof seconds === 'number' ? time(new Date(seconds * 1000).toISOString(), surroundings) : ''
    const who = entry.actor.type === 'system' ? 'Hotwork' : entry.actor.id
    return `${time(entry.at, surroundings)}  ${who}  ${wordsOf(entry, at)}`
  })

function wordsOf({ type, facts }: Entry, at: (seconds: unknown) => string): string {
  const told = entryTypes.get(type)?.say?.(facts, at) ?? type
  return facts.observed ? `${told}; ${observedWords(facts.observed)}` : told
}
