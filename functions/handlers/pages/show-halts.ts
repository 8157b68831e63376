// Rules: test/http/halts-page.test.ts
import * as z from 'zod'
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, refusalProblem } from '../../adapters/http/problem.ts'
import { After, cursorOf, readQuery } from '../../adapters/http/read-body.ts'
import { type HaltDraft, haltForm } from '../../adapters/pages/halt-form.ts'
import { haltPage, haltsPage } from '../../adapters/pages/halts-page.ts'
import type { Notice } from '../../adapters/pages/layout.ts'
import { refOf } from '../../domain/cards/timeline.ts'
import { isHaltInForce } from '../../domain/halts/halt.ts'
import { HaltKind } from '../../domain/halts/halt-words.ts'
import { HaltId } from '../../domain/values.ts'
import { type AnchorPorts, readAnchor } from '../../operations/anchor/read-anchor.ts'
import { listHalts } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { type ViewedHalt, type ViewHaltPorts, viewHalt, viewHalts } from '../../operations/halts/view-halts.ts'
import type { LedgerReader } from '../../operations/ledger/ports.ts'
import { joinHalts } from '../../operations/ledger/texts.ts'
import type { Ids } from '../../operations/ports.ts'
import { pathId, valueOrThrow } from '../doors.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'

export type HaltPagePorts = PagePorts & ViewHaltPorts & { halts: Pick<HaltStore, 'find'> }

export type ShowHaltsPorts = HaltPagePorts & {
  halts: Pick<HaltStore, 'find' | 'list'>
  ledger: Pick<LedgerReader, 'page'>
  anchor: AnchorPorts
  ids: Pick<Ids, 'halt'>
  targetRoles: readonly string[]
}

/**
 * `after` pages through halts in force, `over` through ended ones. `kind` and `value` prefill the form, for links to
 * it.
 */
const query = {
  after: After.optional(),
  over: After.optional(),
  kind: HaltKind.optional(),
  value: z.string().max(2048).optional(),
}

export async function showHalts(call: Call, { person, reader }: Guest, ports: ShowHaltsPorts): Promise<Answer> {
  const { after, over, ...draft } = readQuery(call, query)
  const [inForce, all] = await Promise.all([
    viewHalts({ person: person.id, after }, ports),
    listHalts({ person: person.id, all: true, after: over }, ports),
  ])
  const [now, { bundle }] = [ports.clock.now(), ports.policy]
  const [open, past] = [valueOrThrow(inForce, notShown), valueOrThrow(all, notShown)]
  const ended = past.items.filter((halt) => !isHaltInForce(halt, now))
  const to = (name: 'after' | 'over', next: string | undefined) =>
    next === undefined ? undefined : `/halts?${name}=${cursorOf(next)}`
  const view = {
    inForce: open.halts,
    moreInForce: to('after', open.next),
    over: await joinHalts(ended, ports.texts),
    moreOver: to('over', past.next),
    showsOver: over !== undefined,
    declare: open.whyNotHalt ?? newHaltForm(draft as HaltDraft, { reader }, ports),
  }
  return shown(ports.issuer, haltsPage({ ...view, facts: bundle, reader, now }))
}

/** The form of a new halt. Each page's form declares one halt, even if it is sent twice. */
export const newHaltForm = (
  draft: HaltDraft,
  { reader }: Pick<Guest, 'reader'>,
  { ids, policy, targetRoles }: Pick<ShowHaltsPorts, 'ids' | 'policy' | 'targetRoles'>,
) => haltForm(ids.halt(), reader, { ...policy.bundle, targetRoles }, draft)

export const haltIn = (call: Call): HaltId => pathId(call, HaltId, () => refusalProblem('unknown_halt'))

export async function showHalt(call: Call, guest: Guest, ports: ShowHaltsPorts): Promise<Answer> {
  const id = haltIn(call)
  const viewed = valueOrThrow(await viewHalt({ id, person: guest.person.id }, ports), refusalProblem)
  const { entries } = await ports.ledger.page(id, { after: 0, limit: 100 })
  const anchor = await readAnchor(entries, ports)
  return haltAnswer(viewed, guest, ports, { entries: entries.map((entry) => refOf(entry, anchor)) })
}

type More = Pick<Parameters<typeof haltPage>[0], 'entries'> & { notice?: Notice; status?: number }

export function haltAnswer(
  viewed: ViewedHalt,
  { reader }: Pick<Guest, 'reader'>,
  ports: HaltPagePorts,
  { status = 200, ...more }: More,
): Answer {
  const around = { facts: ports.policy.bundle, reader, now: ports.clock.now() }
  return shown(ports.issuer, haltPage({ viewed, ...around, ...more }), status)
}

export const pathOfHalt = (call: Call): string => {
  const id = HaltId.safeParse(call.path('id'))
  return id.success ? `/halts/${id.data}` : '/halts'
}
