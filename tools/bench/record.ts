import { createHash } from 'node:crypto'
import {
  chainEntries,
  contextOf,
  type Entry,
  entryHash,
  noEntries,
  verify,
} from '../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import { sampleAsk, submit, submittedAt, wake } from '../../test/support/ask.ts'
import { atMost, compared, type Finding, type How, measure, rawVerify, say, type Timing } from './harness.ts'

/** P5: the cost of appending and of verifying an entry of the record. */
export async function measureRecord(how: How): Promise<Finding[]> {
  const { id, events, state } = sampleLife()
  const context = contextOf(state)
  const { entries } = chainEntries(id, noEntries, events, context)
  const texts = entries.map((entry) => JSON.stringify(entry))
  const bytes = Math.round(texts.reduce((sum, text) => sum + text.length, 0) / texts.length)
  if (verify(id, entries).broken) throw new Error('the sample chain should hold')

  const append = await measure(
    [rawVerify(), { name: 'append', run: () => chainEntries(id, noEntries, events, context) }],
    how,
  )
  // The time of one link: the chain's whole time divided by its links.
  const chain = await measure(
    [
      { name: 'hash', run: () => texts.map((text) => createHash('sha256').update(text).digest()) },
      { name: 'links', run: () => texts.map((text) => holds(JSON.parse(text) as Entry)) },
      {
        name: 'replay',
        run: () =>
          verify(
            id,
            texts.map((text) => JSON.parse(text) as Entry),
          ),
      },
    ],
    how,
  )
  const [, appended] = append.timings as [Timing, Timing]
  const [, links, replayed] = chain.timings as [Timing, Timing, Timing]
  const each = shared(appended, events.length)
  const perSecond = ({ p10 }: Timing) => `, ${Math.round((1e9 * texts.length) / p10 / 1000)}k links/s`
  return [
    atMost(
      0.3,
      'P5',
      `append an entry of ${bytes} bytes / raw verify`,
      each.ratio,
      `, ${(each.p10 / 1000).toFixed(1)} us p10`,
    ),
    atMost(16, 'P5', 'verify a link (parse, canonicalize, hash) / SHA-256 of its bytes', links.ratio, perSecond(links)),
    compared('  and replay it: every event parsed and reduced / SHA-256', say(replayed.ratio) + perSecond(replayed)),
  ]
}

function holds(entry: Entry): void {
  if (entryHash(entry) !== entry.hash) throw new Error('the sample entry should hold')
}

/** The timing of `count` things as that of one. */
function shared({ name, p10, median, ratio }: Timing, count: number): Timing {
  const [low, middle, high] = ratio.quartiles
  const quartiles = [low / count, middle / count, high / count] as const
  return { name, p10: p10 / count, median: median / count, ratio: { p10: ratio.p10 / count, quartiles } }
}

/** A request that no approver answers, from its submission until it has expired. */
function sampleLife(): { id: string; events: readonly Event[]; state: ApprovalRequest } {
  const ask = sampleAsk()
  const submitted = decide(undefined, submit(ask, 2), submittedAt).events
  const pending = submitted.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
  const silent = decide(pending, wake, submittedAt + 86_400).events
  const state = silent.reduce<ApprovalRequest>(evolve, pending)
  return { id: ask.id, events: [...submitted, ...silent], state }
}
