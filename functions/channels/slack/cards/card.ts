import type { RichTextElement, RichTextSection } from '@slack/types'
import { unpinnedOf } from '../../../domain/cards/plan-words.ts'
import { describeRequest, openStageOf, type RequestView, type ViewFacts } from '../../../domain/cards/request-view.ts'
import {
  argumentRows,
  askerRows,
  changesOf,
  headlineOf,
  leftWhenDrawn,
  noteOf,
  nowOf,
  type Progress,
  progressOf,
  saidRows,
  termsRow,
  tierText,
  titleParts,
  toolRows,
  undoRow,
} from '../../../domain/cards/request-words.ts'
import type { Row } from '../../../domain/cards/sentence.ts'
import { stageSentence } from '../../../domain/cards/stage-words.ts'
import { nameOf } from '../../../domain/cards/who.ts'
import { clamp, inert, lookalikeNote } from '../../../domain/inert.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { defined } from '../../../domain/values.ts'
import type { CardOptions, RequestOptions } from '../../door.ts'
import {
  bold,
  type CardBlock,
  cardOf,
  code,
  context,
  drawn,
  fitted,
  header,
  list,
  preformatted,
  quote,
  rich,
  type SlackCard,
  section,
  time,
  words,
} from './blocks.ts'
import { allowBlocks, decideBlocks, tooLongBlock } from './card-decide.ts'
import { colleagueParts, exchangeParts, type MessageBudget, messageBlocks } from './message-blocks.ts'
import { type StepBudget, stepBlocks } from './plan-blocks.ts'
import { changedBlocks, previewBlock } from './preview-blocks.ts'

/** The most characters for each part of a card. */
type Budget = MessageBudget & { arguments: number; preview: number; lines: number; steps?: StepBudget }

/** From generous to minimal. The last one always fits, which a property test checks. */
const budgets: readonly [Budget, ...Budget[]] = [
  { arguments: 2_400, preview: 800, justification: 600, lines: 8, messages: 5 },
  // The approved arguments get room before the agent's own words.
  { arguments: 2_400, preview: 800, justification: 250, lines: 8, messages: 5 },
  { arguments: 2_400, preview: 800, justification: 80, lines: 8, messages: 3 },
  { arguments: 1_200, preview: 600, justification: 300, lines: 6, messages: 3 },
  { arguments: 500, preview: 300, justification: 120, lines: 3, messages: 1 },
  { arguments: 120, preview: 80, justification: 40, lines: 1, messages: 0 },
]

/** The budgets of a plan. Its steps are first drawn in fewer words; then their values are left out. */
const planBudgets: readonly [Budget, ...Budget[]] = [
  { arguments: 0, preview: 0, justification: 600, lines: 8, messages: 5, steps: { style: 'full', values: 2_400 } },
  { arguments: 0, preview: 0, justification: 250, lines: 8, messages: 5, steps: { style: 'full', values: 2_400 } },
  { arguments: 0, preview: 0, justification: 250, lines: 8, messages: 5, steps: { style: 'brief', values: 4_000 } },
  { arguments: 0, preview: 0, justification: 80, lines: 8, messages: 3, steps: { style: 'brief', values: 4_000 } },
  { arguments: 0, preview: 0, justification: 80, lines: 4, messages: 2, steps: { style: 'brief', values: 1_600 } },
  { arguments: 0, preview: 0, justification: 40, lines: 2, messages: 1, steps: { style: 'bare', values: 1_200 } },
  { arguments: 0, preview: 0, justification: 40, lines: 1, messages: 0, steps: { style: 'bare', values: 0 } },
]

/** The last budgets of words beside a whole ask. */
const fewestWords: readonly MessageBudget[] = [
  { justification: 80, messages: 1 },
  { justification: 40, messages: 1 },
  { justification: 40, messages: 0 },
]

/** The sign before the words. It repeats them: the state is never told by a sign or colour alone. */
export const signs: { readonly [progress in Progress]: string } = {
  waiting: '🟡',
  escalated: '🟠',
  approved: '✅',
  in_use: '🔑',
  completed: '🏁',
  denied: '⛔',
  expired: '⌛',
  withdrawn: '↩️',
  revoked: '🛑',
}

/**
 * Draws a request. Pure: equal states, facts and channels give equal cards.
 * @param state with due changes applied
 * @param channel its alias; buttons are only in the channels of the open stage
 */
export const renderCard = (
  state: ApprovalRequest,
  facts: ViewFacts,
  channel: string,
  { page, allows }: CardOptions = {},
): SlackCard =>
  drawRequest(describeRequest(state, facts), channel, {
    ...(page ? { page } : {}),
    offersPermit: allows?.(state) ?? false,
  })

/**
 * People's texts are cut first: the room for the ask is computed without them, and so is whether a click may decide. If
 * even their beginnings do not fit, less of the ask is shown, and the buttons are left out.
 */
export function drawRequest(view: RequestView, channel: string, options: RequestOptions): SlackCard {
  const bare = withoutTexts(view)
  const all = view.steps ? planBudgets : budgets
  const bareWithin = (each: Budget) => drawWithin(bare, channel, options, { ...each, messages: 0 })
  const { budget } = fitted(all, (each) => ({ budget: each, card: bareWithin(each) }))
  const shorter = all.slice(all.indexOf(budget))
  const texts = [...shorter.filter(({ messages }) => messages > 0), ...fewestWords]
  const justifications = texts.map(({ justification, messages }) => ({ ...budget, justification, messages }))
  return fitted([budget, ...justifications, ...shorter], (each) => drawWithin(view, channel, options, each))
}

const withoutTexts = (view: RequestView): RequestView => ({
  ...view,
  ...(view.justification === undefined ? {} : { justification: '-' }),
  ...(view.incident === undefined
    ? {}
    : { incident: { ...view.incident, title: '-', ...defined({ status: view.incident.status && '-' }) } }),
  stages: view.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => (each.comment === undefined ? each : { ...each, comment: '-' })),
  })),
})

export function showsAll(state: ApprovalRequest, facts: ViewFacts, options: CardOptions): boolean {
  const stage = openStageOf(describeRequest(state, facts))
  if (!stage) return true
  return renderCard(state, facts, stage.channels[0] ?? '', options).blocks.every(
    ({ block_id }) => block_id !== tooLongBlock,
  )
}

function drawWithin(view: RequestView, channel: string, options: RequestOptions, budget: Budget): SlackCard {
  const status = headlineOf(view)
  const note = noteOf(view)
  const done = budget.steps ? stepBlocks(view, budget.steps) : doneBlocks(view, budget)
  const open = leftOpen(view, budget.lines)
  const messages = messageBlocks(view, budget)
  const said = saidBlock(view, budget)
  const asked = colleagueParts(view, budget)
  const blocks: CardBlock[] = [
    header(clamp(`${signs[progressOf(view)]} ${status}`, 120).text),
    rich(
      'what',
      section(...drawn(titleParts(view.title)), words('\n'), ...placeOf(view)),
      section(...drawn(nowOf(view, leftWhenDrawn(view)))),
      ...(note === undefined ? [] : [quote(clamp(note, 240).text)]),
    ),
    ...changedBlocks(view),
    ...messages.blocks,
    ...narrowedBlocks(view),
    ...done.blocks,
    ...(comesToNothing(view) ? [] : [rich('open', ...open.parts)]),
    rich('about', section(bold('Who asks')), list(aboutItems(view, budget.lines))),
    said.block,
    ...stageBlocks(view, budget, asked.parts),
    ...decideBlocks(view, channel, !done.cut && !open.cut, options),
    ...allowBlocks(view, channel, options),
    context(
      ...(messages.cut || said.cut || asked.cut ? ['Some words are cut here. Its page has all of them.'] : []),
      `Request ${view.id}   Round ${view.round}   Digest ${view.digest.slice(0, 24)}`,
    ),
  ]
  // Without text of others: Slack shows this in notifications, and interprets markup there.
  const text = `${status}. ${view.action} in ${view.environment}, tier ${view.tier.number}. ${view.id} ${view.digest.slice(0, 24)}`
  return cardOf(text, blocks)
}

/** The present values beside the new ones, and the exact action. */
function doneBlocks(view: RequestView, budget: Budget): { blocks: CardBlock[]; cut: boolean } {
  const [args, resource] = [argumentText(view, budget.arguments), resourceText(view, budget.arguments)]
  const now = previewBlock(view, budget.preview)
  const tools = toolRows(view).map((row) => ({ ...row, ...clamp(row.text, Math.floor(budget.arguments / 3)) }))
  const action = rich(
    'action',
    ...tools.map(valueLine),
    section(bold('Resource')),
    preformatted(resource.text),
    section(bold('Arguments, exactly')),
    preformatted(args.text),
  )
  return { blocks: [now.block, action], cut: [args, resource, now, ...tools].some(({ cut }) => cut) }
}

const valueLine = ({ label, text, note }: Required<Row>): RichTextSection =>
  section(bold(`${label}: `), text === '' ? words('(empty)') : code(text), ...(note === '' ? [] : [words(note)]))

export function placeOf(view: RequestView): RichTextElement[] {
  const { action, environment, classification, undo } = view
  return [
    bold(`${environment.toUpperCase()} · Tier ${tierText(view)}`),
    words(` · ${classification} data${undo ? ' · ' : ''}`),
    ...(undo ? [undo.possible ? words('can be undone') : bold('CANNOT BE UNDONE')] : []),
    words('\n'),
    code(action),
  ]
}

type Shown = { text: string; cut: boolean }

export function argumentText(view: Pick<RequestView, 'arguments' | 'nested'>, budget: number): Shown {
  const lines: string[] = []
  let [left, cut] = [budget, false]
  for (const { label, text, note } of argumentRows(view)) {
    // Nested members have keys of the agent's in their labels: two that a cut made alike would hide a value.
    const name = clamp(label, 128)
    const shown = clamp(text, Math.max(left, 24))
    lines.push(`${name.text} = ${shown.text}${note}`)
    left -= [...shown.text].length
    cut ||= name.cut || shown.cut
  }
  return { text: lines.length === 0 ? '(none)' : lines.join('\n'), cut }
}

export function resourceText({ resource: { id } }: Pick<RequestView, 'resource'>, budget: number): Shown {
  const { text, cut } = clamp(inert(id), Math.max(budget, 128))
  return { text: `${text}${lookalikeNote(id)}`, cut }
}

function leftOpen({ steps, ...view }: RequestView, lines: number) {
  const unpinned = steps ? unpinnedOf(steps) : view.unpinned
  if (unpinned.length === 0)
    return {
      cut: false,
      parts: [
        section(
          bold(steps ? 'No credential leaves anything open: ' : 'The credential leaves nothing open: '),
          words(
            steps ? 'each can do exactly its step, and nothing else.' : 'it can do exactly this, and nothing else.',
          ),
        ),
      ],
    }
  const shown = unpinned.slice(0, lines).map((line) => clamp(inert(line), 256))
  const more = unpinned.length - shown.length
  const items = [...shown.map(({ text }) => text), ...(more > 0 ? [`…+${more} more`] : [])]
  return {
    cut: more > 0 || shown.some(({ cut }) => cut),
    parts: [section(bold('What the credential leaves open')), list(items.map((text) => section(words(text))))],
  }
}

function narrowedBlocks({ narrowings }: RequestView): CardBlock[] {
  if (narrowings.length === 0) return []
  const heading = section(bold('Less than was asked'), words('. Approvals are for what is left:'))
  const short = (text: string) => clamp(text, 60).text
  const lines = narrowings.map((narrowing) =>
    section(
      words(`by ${nameOf(narrowing.by)} at `),
      time(narrowing.at),
      ...changesOf(narrowing).flatMap(({ label, from, to, note }) => [
        words(`, ${clamp(label, 64).text} `),
        code(`${short(from)} → ${short(to)}`),
        ...(note === '' ? [] : [words(note)]),
      ]),
      words('.'),
    ),
  )
  return [rich('narrowed', heading, list(lines))]
}

const comesToNothing = ({ status, grant }: RequestView): boolean => status !== 'pending' && !grant

function aboutItems(view: RequestView, lines: number): RichTextSection[] {
  const [asker, ...delegators] = askerRows(view)
  const policies = view.policies.slice(0, lines).map((id) => clamp(inert(id), 80).text)
  return [
    ...(asker ? [asker] : []),
    ...delegators.slice(0, lines),
    ...(policies.length === 0 ? [] : [{ label: 'Why this tier', text: policies.join(', ') }]),
    ...(comesToNothing(view) ? [] : [undoRow(view), termsRow(view)]),
  ].map(({ label, text }: Row) => section(bold(`${label}: `), words(text)))
}

/** The agent's words under their own heading. Everything above it will be executed. */
function saidBlock(view: RequestView, budget: Budget): { block: CardBlock; cut: boolean } {
  const justification = inert(view.justification?.trim() ?? '')
  const rows = saidRows(view).map(({ text, most, ...row }) => valueLine({ ...row, text: clamp(text, most).text }))
  const exchanges = exchangeParts(view, budget)
  const block = rich(
    'claim',
    section(bold('The agent says (unverified)')),
    list(rows),
    ...(justification === '' ? [] : [quote(clamp(justification, budget.justification).text)]),
    ...exchanges.parts,
  )
  return { block, cut: exchanges.cut }
}

function stageBlocks(
  { stages, status }: RequestView,
  { lines }: Budget,
  asked: readonly RichTextSection[],
): CardBlock[] {
  if (stages.length === 0) return []
  const isPending = status === 'pending'
  return [
    rich(
      'stages',
      section(bold(isPending ? 'Who decides' : 'Who decided')),
      list([...stages.map((stage) => section(...drawn(stageSentence(stage, isPending, lines), 160))), ...asked]),
    ),
  ]
}
