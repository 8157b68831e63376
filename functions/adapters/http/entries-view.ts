import type { EntriesPage } from '../../operations/requests/read-requests.ts'

/** A page of a record as an answer has it: `next` is sent as `after` for what follows. */
export const entriesView = ({ entries, next }: EntriesPage) => ({
  entries,
  ...(next === undefined ? {} : { next: String(next) }),
})
