import { isOf, memberOf } from '../../domain/cards/burst.ts'
import { openingHeadline, openingNow, openingTitle } from '../../domain/cards/opening-words.ts'
import { describeRequest, openStageOf, type RequestView, type ViewFacts } from '../../domain/cards/request-view.ts'
import { argumentRows, headlineOf, nowOf, saidRows, titleText } from '../../domain/cards/request-words.ts'
import { textOf } from '../../domain/cards/sentence.ts'
import { clamp, inert } from '../../domain/inert.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Verdict } from '../../domain/values.ts'
import type { ChannelWords } from '../door.ts'

export type ToyButton = { verdict: Verdict; request: string; round: number; digest: string }
export type ToyCard = { says: readonly string[]; buttons: readonly ToyButton[] }

/** The room takes no longer message. Characters. */
const longest = 4_000

export const toyWords: ChannelWords<ToyCard> = {
  request: drawRequest,
  opening: (view) => plain(openingHeadline(view), textOf(openingTitle(view)), textOf(openingNow(view))),
  burst({ kind, members }, facts) {
    const waiting = members.filter((state) => isOf(kind, state))
    const lines = waiting.map((state) => titleText(describeRequest(state, facts).title, 100))
    return { card: plain(`${waiting.length} alike`, ...lines), shown: waiting.map(memberOf), whole: true }
  },
  say: ({ said, quotes = [] }) => plain(textOf(said), ...quotes),
}

/** One that is cut has no button that approves. */
function drawRequest(view: RequestView, channel: string): ToyCard {
  const rows = [...argumentRows(view), ...saidRows(view)].map(({ label, text, note }) => `${label}: ${text}${note}`)
  const whole = [headlineOf(view), titleText(view.title), inert(view.resource.id), textOf(nowOf(view)), ...rows]
  const cut = whole.join('').length > longest
  const says = cut ? whole.map((line) => clamp(line, longest / (2 * whole.length)).text) : whole
  const button = (verdict: Verdict): ToyButton => ({
    ...{ verdict, request: view.id, round: view.round, digest: view.digest.slice(0, 16) },
  })
  const isHere = openStageOf(view)?.channels.includes(channel) === true
  return { says, buttons: isHere ? [...(cut ? [] : [button('approve')]), button('deny')] : [] }
}

export function showsAll(state: ApprovalRequest, facts: ViewFacts): boolean {
  const view = describeRequest(state, facts)
  const stage = openStageOf(view)
  return !stage || drawRequest(view, stage.channels[0] ?? '').buttons.some(({ verdict }) => verdict === 'approve')
}

const plain = (...says: readonly string[]): ToyCard => ({ says, buttons: [] })
