// Rules: test/client/break-glass/start.test.ts
import { digest, type Journal } from '../journal/journal.ts'
import { type Begun, credentials, type Kept, Keys, keys } from '../journal/keys.ts'
import { wrongUsage } from '../outcome.ts'

export type KeptOpening = Kept & { id: string }

/** The keys of openings. The ask itself is kept as a digest. */
export class KeptOpenings extends Keys {
  constructor(journal: Journal, api: string) {
    super(journal, api)
    journal.tidy(keys, credentials)
  }

  /** Reuses an earlier key if the same opening was asked for before and the answer was lost. */
  begin(body: object, minutes: number): Promise<Begun> {
    return this.keyFor(`asked-${digest(this.api, body)}`, this.journal.now() + minutes * 60_000)
  }

  async adopt(id: string, notAfter: string): Promise<{ kept: KeptOpening; again: boolean }> {
    const { kept, again } = await this.keyFor(id, Date.parse(notAfter), { id })
    return { kept: { ...kept, id }, again }
  }

  /** Writes the id first: if the process stops in between, asking again still finds it. */
  opened({ place, kept }: Begun, id: string, notAfter: string): void {
    this.journal.put(keys, id, { ...kept, id, until: Date.parse(notAfter) })
    this.journal.remove(keys, place)
  }

  fileOf(id: string): string {
    return this.journal.pathOf(keys, id)
  }

  /** @throws Refusal */
  find(id: string): KeptOpening {
    const kept = this.keyAt(id)
    if (kept?.id === id) return { ...kept, id }
    throw wrongUsage(
      `the key of \`${id}\` is not on this machine`,
      `only the machine that opened it has the key (here it would be in \`${this.journal.folder}\`), and only until it ends; \`npx --no-install hotwork break-glass claim ${id}\` takes over an opening that you started on a page`,
    )
  }

  /** The id that was typed, or that of this machine's only opening. @throws Refusal */
  idOf(id: string | undefined): string {
    if (id !== undefined && /^bgl_[0-9a-z]{26}$/.test(id)) return id
    if (id !== undefined)
      throw wrongUsage(
        `\`${id.slice(0, 64)}\` is not the id of an opening`,
        'an id is `bgl_` and 26 characters: `npx --no-install hotwork break-glass list` shows them',
      )
    const [only, ...others] = this.idsOf()
    if (only === undefined)
      throw wrongUsage(
        'nothing is open from this machine',
        'open it with `npx --no-install hotwork break-glass start`, or give the id: `npx --no-install hotwork break-glass list` shows the open ones',
      )
    if (others.length > 0) throw wrongUsage('which one?', `say one of ${[only, ...others].join(', ')}`)
    return only
  }

  /** The ids of all openings, ended ones too. */
  idsOf(): readonly string[] {
    const { api } = this
    return this.journal.all(keys).flatMap(({ row }) => (row.api === api && row.id?.startsWith('bgl_') ? [row.id] : []))
  }
}
