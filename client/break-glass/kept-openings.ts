import { digest, Journal, type KeepingSurroundings } from '../journal/journal.ts'
import { credentials, type Found, forgetKey, type Kept, keyAt, keys } from '../journal/keys.ts'
import { wrongUsage } from '../outcome.ts'

export type KeptOpening = Kept & { id: string }

/** The keys of openings. Of what was asked for there is only a digest. */
export class KeptOpenings {
  readonly journal: Journal

  constructor(surroundings: KeepingSurroundings) {
    this.journal = new Journal(surroundings)
    this.journal.tidy(keys, credentials)
  }

  /** An earlier key, where the same was asked before and its answer was lost. */
  async begin(api: string, body: object, minutes: number): Promise<Found & { place: string }> {
    const place = `asked-${digest(api, body)}`
    return { place, ...(await keyAt(this.journal, place, { api, until: this.journal.now() + minutes * 60_000 })) }
  }

  async adopt(api: string, id: string, notAfter: string): Promise<{ kept: KeptOpening; again: boolean }> {
    const { kept, again } = await keyAt(this.journal, id, { api, until: Date.parse(notAfter), id })
    return { kept: { ...kept, id }, again }
  }

  /** The id first: if this stops in between, asking again finds it all the same. */
  opened(place: string, kept: Kept, id: string, notAfter: string): void {
    this.journal.put(keys, id, { ...kept, id, until: Date.parse(notAfter) })
    this.journal.remove(keys, place)
  }

  forget(id: string): boolean {
    return forgetKey(this.journal, id)
  }

  fileOf(id: string): string {
    return this.journal.pathOf(keys, id)
  }

  /** @throws Refusal */
  find(api: string, id: string): KeptOpening {
    const found = this.#of(api).find((kept) => kept.id === id)
    if (found) return found
    throw wrongUsage(
      `the key of \`${id}\` is not on this machine`,
      `only the machine that opened it has the key (here it would be in \`${this.journal.folder}\`), and only until it ends; \`npx --no-install hotwork break-glass claim ${id}\` takes up here what you opened on a page`,
    )
  }

  /** The id that was typed, or that of the only opening of this machine. @throws Refusal */
  idOf(api: string, id: string | undefined): string {
    if (id !== undefined && /^bgl_[0-9a-z]{26}$/.test(id)) return id
    if (id !== undefined)
      throw wrongUsage(
        `\`${id.slice(0, 64)}\` is not the id of an opening`,
        'an id is `bgl_` and 26 characters: `npx --no-install hotwork break-glass list` shows them',
      )
    const [only, ...others] = this.idsOf(api)
    if (only === undefined)
      throw wrongUsage(
        'nothing is open from this machine',
        'open it with `npx --no-install hotwork break-glass start`, or give the id: `npx --no-install hotwork break-glass list` shows what is open',
      )
    if (others.length > 0) throw wrongUsage('which one?', `say one of ${[only, ...others].join(', ')}`)
    return only
  }

  /** Also of those that have ended. */
  idsOf(api: string): readonly string[] {
    return this.#of(api).map(({ id }) => id)
  }

  #of(api: string): readonly KeptOpening[] {
    return this.journal
      .all(keys)
      .flatMap(({ row }) => (row.api === api && row.id?.startsWith('bgl_') ? [{ ...row, id: row.id }] : []))
  }
}
