// Rules: test/channels/slack/cards/burst.test.ts
import type { StaticSelect } from '@slack/types'
import type { BurstOutcome, Member } from '../../../domain/cards/burst.ts'
import { burstKey, isBulkable, isOf, listDigest, memberOf } from '../../../domain/cards/burst.ts'
import { differencesOf, maskOf, sidesOf } from '../../../domain/cards/preview-words.ts'
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import { toolRows } from '../../../domain/cards/request-words.ts'
import { nameIn } from '../../../domain/cards/who.ts'
import { clamp, exact, inert, lookalikeNote } from '../../../domain/inert.ts'
import { saidTexts } from '../../../domain/record/ask-terms.ts'
import { type Origin, originOf } from '../../../domain/record/origin.ts'
import type { Preview } from '../../../domain/record/preview.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { rfc3339 } from '../../../domain/values.ts'
import type { BurstView } from '../../../operations/cards/draw-burst.ts'
import type { CardOptions } from '../../door.ts'
import {
  bold,
  button,
  cardOf,
  code,
  confirming,
  context,
  exactly,
  header,
  largestCard,
  list,
  plain,
  rich,
  type SlackCard,
  section,
  sizeOf,
  words,
} from './blocks.ts'
import { renderCard } from './card.ts'
import { approveAll, denyAll, openOne } from './card-decide.ts'

/** The longest line; a longer one is cut, and a list with a cut line cannot be approved at once. */
const longestLine = 160

/**
 * Draws the card of a burst. One click decides exactly the list, so the button needs every row in full. The last
 * waiting request has no other card, so this one becomes its card.
 */
export function renderBurst(
  view: BurstView,
  facts: ViewFacts,
  options: CardOptions = {},
): { card: SlackCard; shown: readonly Member[]; whole: boolean } {
  const waiting = view.members.filter((state) => isOf(view.kind, state))
  const [only, ...others] = waiting
  if (only && others.length === 0)
    return { card: aloneCard(only, view, facts, options), shown: [memberOf(only)], whole: true }
  // The others are listed when there is room.
  let shown = waiting
  let card = renderList(view, waiting, shown, facts)
  while (sizeOf(card) > largestCard && shown.length > 1) {
    const share = Math.floor((shown.length * largestCard) / sizeOf(card))
    shown = shown.slice(0, Math.max(1, Math.min(share, shown.length - 1)))
    card = renderList(view, waiting, shown, facts)
  }
  return { card, shown: shown.map(memberOf), whole: columnsOf(shown).whole }
}

function aloneCard(
  state: ApprovalRequest,
  { kind, outcome, members }: BurstView,
  facts: ViewFacts,
  options: CardOptions,
): SlackCard {
  const card = renderCard(state, facts, kind.channel, options)
  const both = cardOf(card.text, [...card.blocks, ...outcomeBlocks(outcome, members, facts)])
  return sizeOf(both) > largestCard ? card : both
}

function renderList(
  { kind, generation, members, outcome }: BurstView,
  waiting: readonly ApprovalRequest[],
  shown: readonly ApprovalRequest[],
  facts: ViewFacts,
): SlackCard {
  const digest = listDigest(shown.map(memberOf)).slice(0, 24)
  const { agent, action, environment, stage } = kind
  const count = waiting.length
  const status = count === 0 ? `None of ${members.length} alike waits` : `${count} alike wait for ${stage}`
  const { common, lines, whole } = columnsOf(shown)
  const tiers = [...new Set(shown.map(({ tier }) => tier))].join(', ')
  const blocks = [
    header(`${count === 0 ? '⚪' : '🟡'} ${status}`),
    rich(
      'what',
      section(
        bold(`${environment.toUpperCase()}${tiers === '' ? '' : `   Tier ${tiers}`}`),
        words('\n'),
        code(action),
        words(` asked by ${agent} ${members.length} times.${count === 0 ? '' : ' Silence approves none of them.'}`),
      ),
    ),
    ...(common.length === 0 ? [] : [rich('same', section(bold('The same in each, exactly')), exactly(common))]),
    ...(shown.length === 0
      ? []
      : [
          rich('list', section(bold('What each has of its own, exactly')), exactly(lines)),
          { type: 'actions', block_id: 'open', elements: [menuOf(shown)] },
        ]),
    ...(shown.length < count
      ? [rich('more', section(words(`${count - shown.length} more are listed once there is room.`)))]
      : []),
    ...decideBlocks(kind, generation, shown, whole),
    ...outcomeBlocks(outcome, members, facts),
    context(`Burst ${generation}   List ${digest}`),
  ]
  // Only Hotwork's words: Slack shows this in notifications, and interprets markup there.
  const text = `${status}. ${action} in ${environment}, by ${agent}. List ${digest}`
  return cardOf(text, blocks)
}

function columnsOf(shown: readonly ApprovalRequest[]): { common: string[]; lines: string[]; whole: boolean } {
  const rows = shown.map(factsOf)
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const same = names.filter((name) => rows.every((row) => row[name] === rows[0]?.[name]))
  const say = (row: { [name: string]: string }, name: string) => `${clamp(inert(name), 64).text} = ${row[name]}`
  let whole = true
  const cut = (text: string, limit: number) => {
    const clamped = clamp(text, limit)
    whole &&= !clamped.cut
    return `${clamped.text}${lookalikeNote(text)}`
  }
  const [first] = rows
  const common = first ? same.map((name) => cut(say(first, name), 4 * longestLine)) : []
  const lines = rows.map((row, index) => {
    const own = names.filter((name) => !same.includes(name) && row[name] !== undefined).map((name) => say(row, name))
    return cut(`${index + 1}  ${own.length === 0 ? '(the same)' : own.join('   ')}`, longestLine)
  })
  return { common, lines, whole }
}

/** The present value of each argument that would change. */
function presentValues(preview: Preview | undefined): { [name: string]: string } {
  if (!preview || preview.outcome === 'none') return {}
  if (preview.outcome === 'failed') return { '(now)': 'could not be read' }
  // Empty for a plan: its steps have the values, and its page shows them.
  if (preview.steps) return {}
  const changed = differencesOf(preview).filter(({ isSame }) => !isSame)
  if (changed.length === 0) return { '(now)': 'it is so already' }
  return Object.fromEntries(changed.map((row) => [`${row.label} now`, `${sidesOf(row).before}${maskOf(row)}`]))
}

/** The facts in which the requests of a burst differ, as the approved JSON. The resource follows from the arguments. */
const factsOf = ({ ask, preview }: ApprovalRequest): { [name: string]: string } => ({
  ...Object.fromEntries(Object.entries(ask.arguments).map(([name, value]) => [name, exact(value)])),
  ...presentValues(preview),
  ...Object.fromEntries(toolRows(ask).map(({ text, note }) => ['(MCP tool)', `${text}${note}`])),
  ...Object.fromEntries(saidTexts(ask).map(({ label, text }) => [`(${label.toLowerCase()})`, exact(text)])),
  '(task)': exact(ask.parentTask.id),
  '(uses)': String(ask.uses),
  ...(ask.notBefore === undefined ? {} : { '(begins)': rfc3339(ask.notBefore) }),
  ...moreTimeOf(originOf(ask)),
  ...(ask.unpinned.length === 0 ? {} : { '(left open)': exact([...ask.unpinned]) }),
})

const moreTimeOf = (origin: Origin) => (origin.kind === 'extension' ? { '(more time of)': origin.of } : {})

const menuOf = (shown: readonly ApprovalRequest[]): StaticSelect => ({
  type: 'static_select',
  action_id: openOne,
  placeholder: plain('Open one…'),
  // Fifty options fill most of a card, so each is short.
  options: shown.map(({ ask }, index) => ({
    text: { type: 'plain_text', text: String(index + 1) },
    value: ask.id.replace(/^req_/, ''),
  })),
})

function decideBlocks(
  kind: BurstView['kind'],
  generation: number,
  shown: readonly ApprovalRequest[],
  whole: boolean,
): object[] {
  if (shown.length < 2) return []
  if (!shown.every(isBulkable))
    return [rich('one-by-one', section(words('Each is decided by itself: open it, or use its own card.')))]
  const value = JSON.stringify({ b: burstKey(kind), g: generation, l: listDigest(shown.map(memberOf)) })
  const all = (action_id: string, verb: string, style: 'primary' | 'danger') =>
    button(action_id, `${verb} all ${shown.length}`, value, {
      style,
      confirm: confirming(
        `${verb} all ${shown.length}?`,
        `Exactly the ${shown.length} listed here, each on your own record.`,
        `${verb} all`,
      ),
    })
  const deny = all(denyAll, 'Deny', 'danger')
  const why = 'Not all of it can be shown here, so they are not approved here together: open each.'
  return whole
    ? [{ type: 'actions', block_id: 'decide', elements: [all(approveAll, 'Approve', 'primary'), deny] }]
    : [rich('too-long', section(bold(why))), { type: 'actions', block_id: 'decide', elements: [deny] }]
}

const mostRefused = 8

function outcomeBlocks(
  outcome: BurstOutcome | undefined,
  members: readonly ApprovalRequest[],
  facts: ViewFacts,
): object[] {
  if (!outcome) return []
  const { person, verdict, decided, refused } = outcome
  const what = verdict === 'approve' ? 'approved' : 'denied'
  const more = refused.length - mostRefused
  const items = refused.slice(0, mostRefused).map(({ id, code: why }) => {
    const state = members.find(({ ask }) => ask.id === id)
    const now = state ? `, it is ${state.status}` : ''
    return section(code(id), words(`: ${why.replaceAll('_', ' ')}${now}`))
  })
  return [
    rich(
      'outcome',
      section(
        bold(`${decided} ${what} with one click by ${nameIn(facts, person)}`),
        words(refused.length === 0 ? '.' : `; ${refused.length} could not be:`),
      ),
      ...(items.length === 0 ? [] : [list([...items, ...(more > 0 ? [section(words(`…+${more} more`))] : [])])]),
    ),
  ]
}
