import type { RichTextElement, RichTextSection } from '@slack/types'
import { describeRequest, openStageOf, type RequestView, type ViewFacts } from '../../../domain/cards/request-view.ts'
import {
  changesOf,
  headlineOf,
  leftWhenDrawn,
  noteOf,
  nowOf,
  type Progress,
  progressOf,
  roundText,
  tierText,
  titleParts,
  toolRows,
  undoText,
} from '../../../domain/cards/request-words.ts'
import { approvalNeeds, stageSentence } from '../../../domain/cards/stage-words.ts'
import { nameOf } from '../../../domain/cards/who.ts'
import { clamp, inert, lookalikeNote } from '../../../domain/inert.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { defined } from '../../../domain/values.ts'
import type { CardOptions, RequestOptions } from '../../door.ts'
import { aboutRows, openParts, rowOf, rowsOf, saidBlocks, valueLine } from './about-blocks.ts'
import {
  bold,
  type CardBlock,
  cardOf,
  code,
  context,
  divider,
  drawn,
  exactly,
  fitted,
  header,
  list,
  quote,
  type RichTextPart,
  rich,
  type SlackCard,
  section,
  time,
  words,
} from './blocks.ts'
import { allowBlocks, decideBlocks, tooLongBlock } from './card-decide.ts'
import { colleagueParts, type MessageBudget, messageBlocks } from './message-blocks.ts'
import { type StepBudget, stepBlocks } from './plan-blocks.ts'
import { changedBlocks, changeLines, changeSetBlocks, readBlocks, stateBlocks } from './preview-blocks.ts'

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

/** The sign before the words. It repeats them, since a sign or colour alone is not enough. */
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
 * People's texts are cut first: they affect neither the room for the ask nor whether a click may decide. If even their
 * beginnings do not fit, less of the ask is shown, and the buttons are left out.
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
  ...defined({ justification: view.justification && clamp(view.justification, 40).text }),
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

/**
 * The first screen has the facts of the decision, and ends with the buttons. The whole texts and the details stand after
 * the divider. `docs/approvers.md` has the table of both.
 */
function drawWithin(view: RequestView, channel: string, options: RequestOptions, budget: Budget): SlackCard {
  const status = headlineOf(view)
  const done = budget.steps ? stepBlocks(view, budget.steps) : actionBlock(view, budget)
  const changes = changeSetBlocks(view, budget.lines)
  const open = openParts(view, budget.lines)
  const messages = messageBlocks(view, budget)
  const said = saidBlocks(view, budget)
  const asked = colleagueParts(view, budget)
  const about = aboutRows(view, budget.lines)
  const blocks: CardBlock[] = [
    header(clamp(`${signs[progressOf(view)]} ${status}`, 120).text),
    rich('what', ...whatParts(view)),
    ...changedBlocks(view),
    ...messages.revision,
    ...narrowedBlocks(view),
    ...done.blocks,
    ...changes.blocks,
    ...stateBlocks(view),
    ...block('open', open.first),
    rich('about', rowsOf(about.first)),
    said.first,
    ...decideBlocks(view, channel, !done.cut && !open.cut && !changes.cut, options),
    ...allowBlocks(view, channel, options),
    divider(restOfCard),
    ...readBlocks(view),
    ...block('open-all', open.all),
    ...block('more', about.rest.length === 0 ? [] : [section(bold('More about it')), list(about.rest.map(rowOf))]),
    ...said.rest,
    ...messages.blocks,
    ...stageBlocks(view, budget, asked.parts),
    context(
      ...(messages.cut || said.cut || asked.cut ? ['Some words are cut here. Its page has all of them.'] : []),
      `Request ${view.id}${roundText(view)}   Digest ${view.digest.slice(0, 24)}`,
    ),
  ]
  // Only Hotwork's words: Slack shows this in notifications, and interprets markup there.
  const text = `${status}. ${view.action} in ${view.environment}, tier ${view.tier.number}. ${view.id} ${view.digest.slice(0, 24)}`
  return cardOf(text, blocks)
}

/** The line between the first screen and the rest. */
export const restOfCard = 'rest'

const block = (id: string, parts: readonly RichTextPart[]): CardBlock[] =>
  parts.length === 0 ? [] : [rich(id, ...parts)]

function whatParts(view: RequestView): RichTextPart[] {
  const note = noteOf(view)
  const stage = openStageOf(view)
  const needs = stage === undefined ? '' : approvalNeeds(stage)
  return [
    section(...drawn(titleParts(view.title)), words('\n'), ...tierParts(view)),
    section(...drawn(nowOf(view)), ...(needs === '' ? [] : [words(' '), bold(`Approving needs ${needs}.`)])),
    ...(note === undefined ? [] : [quote(clamp(note, 240).text)]),
  ]
}

/** The exact action: its resource, and each argument after its present value. */
function actionBlock(view: RequestView, budget: Budget): { blocks: CardBlock[]; cut: boolean } {
  const resource = resourceText(view, budget.arguments)
  const change = changeLines(view, budget)
  const tools = toolRows(view).map((row) => ({ ...row, ...clamp(row.text, Math.floor(budget.arguments / 3)) }))
  return {
    blocks: [
      rich(
        'action',
        ...tools.map(valueLine),
        exactly([...actionLines(inert(view.action), resource.text), ...change.lines]),
      ),
    ],
    cut: [resource, change, ...tools].some(({ cut }) => cut),
  }
}

/** A long ARN gets a line of its own. */
const actionLines = (action: string, resource: string): string[] =>
  action.length + resource.length < 74 ? [`${action} on ${resource}`] : [action, `on ${resource}`]

/** The environment, the scrutiny that it needs there, and the policies that say so. */
function tierParts(view: RequestView): RichTextElement[] {
  const policies = view.policies.slice(0, mostPolicies).map((id) => clamp(inert(id), 80).text)
  const more = view.policies.length - policies.length
  const by = [...policies, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  const tier = `${view.environment.toUpperCase()} · Tier ${tierText(view)}`
  const rest = `${by === '' ? '' : ` by policy ${by}`} · ${view.classification} data`
  return [bold(tier), words(rest), ...undoParts(view, tier.length + rest.length)]
}

/** The characters of a line. */
const line = 80

/** Always warns of a permanent loss. A possible undo moves to the rest of the card if it needs one more line. */
function undoParts(view: RequestView, before: number): RichTextElement[] {
  const undo = undoText(view)
  if (undo === undefined) return []
  if (!undo.possible) return [words(' · '), bold(undo.text.toUpperCase())]
  return before + undo.text.length + 3 > line ? [] : [words(` · ${undo.text}`)]
}

const mostPolicies = 8

type Shown = { text: string; cut: boolean }

export function resourceText({ resource: { id } }: Pick<RequestView, 'resource'>, budget: number): Shown {
  const { text, cut } = clamp(inert(id), Math.max(budget, 128))
  return { text: `${text}${lookalikeNote(id)}`, cut }
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

function stageBlocks(view: RequestView, { lines }: Budget, asked: readonly RichTextSection[]): CardBlock[] {
  const { stages, status } = view
  if (stages.length === 0) return []
  const isPending = status === 'pending'
  return [
    rich(
      'stages',
      section(bold(isPending ? 'Who decides' : 'Who decided'), ...drawn(leftWhenDrawn(view))),
      list([...stages.map((stage) => section(...drawn(stageSentence(stage, isPending, lines), 160))), ...asked]),
    ),
  ]
}
